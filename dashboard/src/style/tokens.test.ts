import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const sheet = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const [light = "", dark = ""] = sheet.split(':root[data-theme="dark"]');

const TEXT = 4.5;
const GRAPHIC = 3;

const PAIRS: [string, string, number][] = [
  ["ink", "ground", TEXT],
  ["ink", "surface", TEXT],
  ["ink-soft", "ground", TEXT],
  ["ink-soft", "surface", TEXT],
  ["ink-soft", "sunken", TEXT],
  ["accent", "ground", TEXT],
  ["accent", "surface", TEXT],
  ["accent", "accent-wash", TEXT],
  ["up", "up-wash", TEXT],
  ["late", "late-wash", TEXT],
  ["down", "down-wash", TEXT],
  ["chart-axis", "surface", TEXT],
  ...["green", "blue", "amber", "violet", "teal", "red", "pink", "grey"].map(
    (name): [string, string, number] => [name, "surface", GRAPHIC],
  ),
];

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, theme) => {
  it.each(PAIRS)("%s on %s keeps %d : 1", (front, back, least) => {
    expect(contrast(color(theme, front), color(theme, back))).toBeGreaterThanOrEqual(least);
  });
});

function color(theme: string, name: string): string {
  const found = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(theme)?.[1];
  if (!found) throw new Error(`no colour --${name}`);
  return found;
}

/** As WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
