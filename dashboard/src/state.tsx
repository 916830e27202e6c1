// A host's state, as a word and a colour.

import type { State } from "./wire";

const MEANINGS: Record<State, string> = {
  up: "reports on time",
  late: "its last report is overdue",
  down: "has stopped reporting",
};

export function StateBadge({ state }: { state: State }) {
  return (
    <span class={`state state-${state}`} title={MEANINGS[state]}>
      {state}
    </span>
  );
}
