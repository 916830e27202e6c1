// Light or dark: as the system says, or as chosen here and remembered.

import { computed, effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "siskin.theme";

const systemDark = signal(false);

/** What was chosen. */
export const theme = signal<Theme>("system");

/** What is shown. */
export const shade = computed<"light" | "dark">(() => {
  if (theme.value !== "system") return theme.value;
  return systemDark.value ? "dark" : "light";
});

/** Reads the remembered choice, follows the system, and keeps the document's attribute in step. */
export function startTheme(): void {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  systemDark.value = query.matches;
  query.addEventListener("change", () => {
    systemDark.value = query.matches;
  });
  theme.value = THEMES.find((known) => known === remembered()) ?? "system";
  effect(() => {
    document.documentElement.dataset.theme = shade.value;
  });
}

/** Chooses and remembers. */
export function choose(chosen: Theme): void {
  theme.value = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
