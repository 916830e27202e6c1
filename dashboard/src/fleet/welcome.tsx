// What the fleet shows before the first host has reported: how to make one report.

import { Mark } from "../mark";

export function Welcome() {
  const command = `siskin-agent --server ${location.origin}`;
  return (
    <section class="message welcome">
      <Mark />
      <h1>No hosts yet</h1>
      <p>Start an agent on a host that you want to watch. It appears here within seconds.</p>
      <pre>
        <code>{command}</code>
      </pre>
      {isLoopback(location.hostname) && (
        <p class="quiet">
          This address works on this machine only. From another host, use the server's name in place of{" "}
          <code>{location.hostname}</code>.
        </p>
      )}
    </section>
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
