// The notice that the server is out of reach. It goes by itself when the server is back.

import { outage } from "./connection";

export function Notice() {
  const lost = outage.value;
  return (
    <div class="notices" role="status">
      {lost && (
        <p class="notice">
          <strong>The server cannot be reached:</strong> {lost.reason}. Trying again; the page shows what it
          knew before.
        </p>
      )}
    </div>
  );
}
