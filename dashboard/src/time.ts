// Instants, ages and durations for people. Local time, 24 hours.

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** How long ago, from seconds: `now`, `8 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
export function formatAge(seconds: number): string {
  if (seconds < 1.5) return "now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  return `${Math.floor(seconds / DAY)} d ago`;
}

/** A duration with its two largest parts: `45 s`, `12 min`, `3 h 12 min`, `12 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
}

/** An instant under the cursor, from unix seconds: `Mon, 23 Nov, 14:05:12`. */
export function formatInstant(unix_seconds: number): string {
  const date = new Date(unix_seconds * 1000);
  return `${weekday.format(date)}, ${clock.format(date)}`;
}

/** Ticks of a time axis, `step_seconds` apart: the day where a new one begins, else the time. */
export function formatTimeTicks(ticks: number[], step_seconds: number): string[] {
  return ticks.map((unix_seconds) => {
    const date = new Date(unix_seconds * 1000);
    const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
    if (step_seconds >= DAY || midnight) return day.format(date);
    return step_seconds < MINUTE ? clock.format(date) : minutes.format(date);
  });
}
