// Where we are. The address bar is the only state of navigation: a link is a view, back and forward work.

import { signal } from "@preact/signals";
import { parseRange, type Range } from "./range";

export type Route = { page: "fleet" } | { page: "host"; id: string; range: Range } | { page: "unknown" };

const BASE = "/dashboard";

/** Reads an address below the base. */
export function parseRoute(pathname: string, search: string): Route {
  const path = pathname.replace(/\/+$/, "");
  if (path === BASE || path === "") return { page: "fleet" };
  const query = new URLSearchParams(search);
  const id = query.get("id");
  if (path === `${BASE}/host` && id) return { page: "host", id, range: parseRange(query.get("range")) };
  return { page: "unknown" };
}

/** The address of a route. */
export function address(route: Route): string {
  if (route.page !== "host") return BASE;
  return `${BASE}/host?${new URLSearchParams({ id: route.id, range: route.range })}`;
}

export const route = signal<Route>({ page: "fleet" });

/** Follows the address bar, and turns clicks on links below the base into changes of view. */
export function startRouting(): void {
  const read = () => {
    route.value = parseRoute(location.pathname, location.search);
  };
  read();
  window.addEventListener("popstate", read);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || !isOurs(event, link)) return;
    event.preventDefault();
    const fromPage = route.value.page;
    if (link.href !== location.href) history.pushState(null, "", link.href);
    read();
    if (route.value.page !== fromPage) window.scrollTo(0, 0);
  });
}

function isOurs(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const below = link.pathname === BASE || link.pathname.startsWith(`${BASE}/`);
  // A place on this very page: the browser knows best how to go there, and to move the focus along.
  const within = link.hash !== "" && link.pathname === location.pathname && link.search === location.search;
  return (
    plain && below && !within && link.origin === location.origin && !link.target && !event.defaultPrevented
  );
}
