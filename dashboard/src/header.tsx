// The top of every page: the mark, which leads home, and the choice of light or dark.

import { Mark } from "./mark";
import { address } from "./route";
import { choose, THEMES, type Theme, theme } from "./theme";

const NAMES: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

const ICONS: Record<Theme, string> = {
  system: "M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3",
  light:
    "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1",
  dark: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
};

export function Header() {
  return (
    <header class="top">
      <a class="brand" href={address({ page: "fleet" })} aria-label="Siskin, all hosts">
        <Mark />
        <span>Siskin</span>
      </a>
      <ThemeChoice />
    </header>
  );
}

function ThemeChoice() {
  return (
    <fieldset class="themes">
      <legend class="unseen">Appearance</legend>
      {THEMES.map((name) => (
        <label key={name} title={NAMES[name]}>
          <input
            type="radio"
            name="theme"
            value={name}
            checked={theme.value === name}
            onChange={() => choose(name)}
          />
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={ICONS[name]} />
          </svg>
          <span class="unseen">{NAMES[name]}</span>
        </label>
      ))}
    </fieldset>
  );
}
