// The frame around every page: header, notice, and the page that the address names.

import { useEffect, useRef } from "preact/hooks";
import { FleetPage } from "./fleet/page";
import { Header } from "./header";
import { HostPage } from "./host/page";
import { Notice } from "./notice";
import { address, route } from "./route";

export function App() {
  const main = useRef<HTMLElement>(null);
  const here = route.value;
  const place = here.page === "host" ? `host ${here.id}` : here.page;
  const before = useRef(place);
  // Another page begins at its content, for those who hear it or walk it by keyboard; the first begins at its top.
  useEffect(() => {
    if (before.current !== place) main.current?.focus({ preventScroll: true });
    before.current = place;
  }, [place]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <Notice />
      <main ref={main} id="main" tabIndex={-1}>
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
