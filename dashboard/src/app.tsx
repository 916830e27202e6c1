// The frame around every page: header, notice, and the page that the address names.

import { FleetPage } from "./fleet/page";
import { Header } from "./header";
import { HostPage } from "./host/page";
import { Notice } from "./notice";
import { address, route } from "./route";

export function App() {
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <Notice />
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
    </>
  );
}

function Page() {
  const here = route.value;
  switch (here.page) {
    case "fleet":
      return <FleetPage />;
    case "host":
      return <HostPage key={here.id} id={here.id} range={here.range} />;
    case "unknown":
      return (
        <section class="message">
          <h1>No such page</h1>
          <p>
            <a href={address({ page: "fleet" })}>All hosts</a>
          </p>
        </section>
      );
  }
}
