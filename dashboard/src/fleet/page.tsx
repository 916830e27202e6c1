// All hosts at a glance.

import { useEffect } from "preact/hooks";
import { followHosts, hosts, hostsRefusal } from "../hosts";
import { Refused } from "../refused";
import { STATES, type State } from "../wire";
import { HostRow } from "./row";
import { Welcome } from "./welcome";

const REFRESH_MS = 3_000;

export function FleetPage() {
  useEffect(() => {
    document.title = "Hosts · Siskin";
    return followHosts(REFRESH_MS);
  }, []);
  const list = hosts.value;
  if (hostsRefusal.value) return <Refused reason={hostsRefusal.value} />;
  if (!list) return <p class="quiet waiting">Asking the server…</p>;
  if (list.length === 0) return <Welcome />;
  return (
    <section class="fleet" aria-labelledby="fleet-title">
      <div class="fleet-head">
        <h1 id="fleet-title">Hosts</h1>
        <Summary states={list.map((host) => host.state)} />
      </div>
      <table class="fleet-table">
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">State</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
            <th scope="col">Disk</th>
            <th scope="col">Last seen</th>
            <th scope="col">Agent</th>
          </tr>
        </thead>
        <tbody>
          {list.map((host) => (
            <HostRow key={host.id} host={host} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Summary({ states }: { states: State[] }) {
  const counts = STATES.map((state) => ({ state, count: states.filter((one) => one === state).length }));
  return (
    <ul class="summary" aria-label="Hosts by state">
      {counts
        .filter(({ state, count }) => count > 0 || state === "up")
        .map(({ state, count }) => (
          <li key={state}>
            <span class={`state state-${state}`}>
              {count} {state}
            </span>
          </li>
        ))}
    </ul>
  );
}
