// The legend: what each colour is, and its value under the cursor or, without one, now. A click hides a line.

import type { Signal } from "@preact/signals";
import { type Cursor, type Drawing, type Frame, type Line, rowAt, spreadLines } from "../drawing";
import { formatSpread, formatValue, MISSING } from "../format";
import { formatInstant } from "../time";

/** Rows after which a legend scrolls in itself, so that its panel does not outgrow the window. */
const MOST_ROWS = 10;

/** Characters that fit where three stand abreast. */
const SHORT_LABEL = 13;

interface LegendProps {
  drawing: Drawing;
  frame: Frame;
  cursor: Signal<Cursor | null>;
  hidden: ReadonlySet<string>;
  onToggle: (label: string) => void;
}

export function Legend({ drawing, frame, cursor, hidden, onToggle }: LegendProps) {
  const at = cursor.value;
  const row = at ? rowAt(frame, at.ts) : frame.ts.length - 1;
  const columns = unique(drawing.lines.map((line) => line.column));
  const labels = unique(drawing.lines.map((line) => line.label));
  const spread = new Set(spreadLines(drawing, hidden));
  const value = (line: Line | undefined) => (
    <span class="legend-reading">
      {line && spread.has(line) && <Ends line={line} row={at ? row : null} />}
      <span class="legend-value">{readout(line, row)}</span>
    </span>
  );
  const named = (label: string) => drawing.lines.filter((line) => line.label === label);
  // What scrolls must be reachable with the keyboard, and say what it is.
  const long = labels.length > MOST_ROWS;
  const box = long
    ? ({ class: "legend legend-long", tabIndex: 0, role: "group", "aria-label": "Legend" } as const)
    : ({ class: "legend" } as const);
  const when = <span class="legend-when">{at ? formatInstant(at.at) : "latest"}</span>;

  if (columns.length === 1) {
    const wide = labels.some((label) => label.length > SHORT_LABEL) || (!drawing.stacked && spread.size > 0);
    return (
      <div {...box}>
        {when}
        <ul class={wide ? "legend-wide" : undefined}>
          {labels.map((label) => (
            <li key={label}>
              <Entry label={label} lines={named(label)} hidden={hidden} onToggle={onToggle} />
              {value(named(label)[0])}
            </li>
          ))}
        </ul>
      </div>
    );
  }
  return (
    <div {...box}>
      <table>
        <thead>
          <tr>
            <th scope="col">{when}</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label}>
              <th scope="row">
                <Entry label={label} lines={named(label)} hidden={hidden} onToggle={onToggle} />
              </th>
              {columns.map((column) => (
                <td key={column}>{value(named(label).find((line) => line.column === column))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The least and the greatest sample under the cursor, where they differ; else the room for them. */
function Ends({ line, row }: { line: Line; row: number | null }) {
  const { spread, unit } = line;
  const ends = row === null ? null : formatSpread(spread?.least[row], spread?.greatest[row], unit);
  return (
    <span class="legend-spread" title="The least and the greatest sample">
      {ends && <span class="legend-least">{ends[0]} – </span>}
      {ends && <span class="legend-greatest">{ends[1]}</span>}
    </span>
  );
}

interface EntryProps {
  label: string;
  lines: Line[];
  hidden: ReadonlySet<string>;
  onToggle: (label: string) => void;
}

/** A colour and a name. Only what is drawn can be hidden. */
function Entry({ label, lines, hidden, onToggle }: EntryProps) {
  const drawn = lines.find((line) => line.place !== "legend");
  const color = drawn?.color ?? null;
  if (!color) {
    // Of what the legend alone names only a band may be drawn.
    const band = lines.find((line) => line.spread)?.color;
    const swatch = band ? ` swatch-band swatch-${band}` : "";
    return (
      <span class="legend-name">
        <i class={drawn ? "swatch swatch-none" : `swatch${swatch}`} />
        <span class="legend-label" title={label}>
          {label}
        </span>
      </span>
    );
  }
  const shown = !hidden.has(label);
  return (
    <button
      type="button"
      class="legend-name"
      aria-pressed={shown}
      title={label}
      onClick={() => onToggle(label)}
    >
      <i class={`swatch swatch-${color}`} />
      <span class="legend-label">{label}</span>
    </button>
  );
}

function readout(line: Line | undefined, row: number | null): string {
  if (!line || row === null) return MISSING;
  return formatValue(line.values[row], line.unit);
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)];
}
