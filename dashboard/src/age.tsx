// How long ago something was, ticking.

import { now } from "./clock";
import { formatAge, formatInstant } from "./time";

/** `at` in unix seconds; null is never. */
export function Age({ at }: { at: number | null }) {
  if (at === null) return <span class="age">never</span>;
  return (
    <time class="age" dateTime={new Date(at * 1000).toISOString()} title={formatInstant(at)}>
      {formatAge(now.value - at)}
    </time>
  );
}
