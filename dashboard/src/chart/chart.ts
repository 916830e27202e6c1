// One chart on the page. Knows uPlot and draws what it is given; knows nothing of hosts, metrics or the server.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Cursor, Drawing, Frame } from "../drawing";
import { align, drawnLines } from "./align";
import { timeAxis, timeScale, valueAxis, valueScale } from "./axes";
import { type Band, bandsBetween, paint, reach } from "./band";
import { ink } from "./palette";
import { bandsOf, seriesOf } from "./series";

/** Charts of one key share one cursor. */
const SYNC_KEY = "siskin";
/** A reading farther from the cursor than this is not what the reader points at. */
const NEAR_PX = 24;
const PADDING: uPlot.Padding = [8, 12, 0, 0];

/** The chart's element, as tests and the browser's console find it. */
export interface ChartElement extends HTMLElement {
  /** The uPlot instance; `chart.data` is what is drawn: stacks added up, lower halves negated, null for a gap. */
  chart?: uPlot;
  /** The drawing behind it, with the readings as they came. */
  drawing?: Drawing;
}

export class Chart {
  readonly #element: ChartElement;
  readonly #onCursor: (cursor: Cursor | null) => void;
  readonly #resizes: ResizeObserver;
  #frame: Frame = { from: 0, to: 1, ts: [] };
  #bands: Band[] = [];
  #shape = "";
  #plot: uPlot | null = null;

  /** Draws into `element`, whose size it follows. `onCursor` hears of every move over this or a neighbouring chart. */
  constructor(element: ChartElement, onCursor: (cursor: Cursor | null) => void) {
    this.#element = element;
    this.#onCursor = onCursor;
    this.#resizes = new ResizeObserver(() => this.#plot?.setSize(this.#size()));
    this.#resizes.observe(element);
  }

  /** Shows a drawing, keeping the cursor where it is. */
  draw(frame: Frame, drawing: Drawing, hidden: ReadonlySet<string>): void {
    this.#frame = frame;
    this.#element.drawing = drawing;
    this.#bands = bandsBetween(drawing, hidden);
    const data = [frame.ts, ...align(drawing, hidden)] as uPlot.AlignedData;
    const shape = shapeOf(drawing, hidden);
    if (this.#plot && shape === this.#shape) {
      this.#plot.setData(data);
      return;
    }
    this.#plot?.destroy();
    this.#shape = shape;
    this.#plot = new uPlot(this.#options(drawing, hidden), data, this.#element);
    this.#element.chart = this.#plot;
  }

  /** Draws again, as after a change between light and dark. */
  repaint(): void {
    this.#plot?.redraw(false, true);
  }

  destroy(): void {
    this.#resizes.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    delete this.#element.chart;
    delete this.#element.drawing;
  }

  #options(drawing: Drawing, hidden: ReadonlySet<string>): uPlot.Options {
    const paintBands = (plot: uPlot) => paint(plot, this.#bands);
    return {
      ...this.#size(),
      padding: PADDING,
      legend: { show: false },
      scales: { x: timeScale(() => this.#frame), y: valueScale(drawing, () => reach(this.#bands)) },
      axes: [timeAxis(), valueAxis(drawing)],
      series: seriesOf(drawing, hidden),
      bands: bandsOf(drawing, hidden),
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { show: !drawing.stacked, size: 6, width: 0 },
        sync: { key: SYNC_KEY, setSeries: false },
      },
      hooks: {
        setCursor: [(plot) => this.#hear(plot)],
        drawAxes: [drawZero, ...(drawing.stacked ? [] : [paintBands])],
        // Over layers, under which it would not be seen.
        draw: drawing.stacked ? [paintBands] : [],
      },
    };
  }

  /** Only the chart under the pointer speaks: those that follow it may lack the newest row. */
  #hear(plot: uPlot): void {
    if (plot.cursor.event) this.#onCursor(cursorOf(plot));
  }

  #size(): { width: number; height: number } {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }
}

/** Everything that uPlot fixes when it is made; when none of it changed, new data is enough. */
function shapeOf(drawing: Drawing, hidden: ReadonlySet<string>): string {
  const lines = drawnLines(drawing).map(({ label, column, color, place }) => [label, column, color, place]);
  return JSON.stringify([drawing.stacked, drawing.unit, drawing.top, lines, [...hidden]]);
}

function cursorOf(plot: uPlot): Cursor | null {
  const { left, idx } = plot.cursor;
  if (left === undefined || left < 0) return null;
  const ts = idx === null || idx === undefined ? undefined : plot.data[0][idx];
  if (ts !== undefined && Math.abs(plot.valToPos(ts, "x") - left) <= NEAR_PX) return { ts, at: ts };
  return { ts: null, at: plot.posToVal(left, "x") };
}

/** A firmer line at zero, where a chart has two sides. */
function drawZero(plot: uPlot): void {
  const low = plot.scales.y?.min;
  if (low === null || low === undefined || low >= 0) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(0, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = ink("zero");
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
