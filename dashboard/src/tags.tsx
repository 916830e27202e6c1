// A host's tags: small chips, sorted by name; nothing where there are none.

import type { Host } from "./wire";

export function Tags({ tags }: { tags: Host["tags"] }) {
  const sorted = Object.entries(tags ?? {}).sort(([one], [other]) => one.localeCompare(other, "en"));
  if (sorted.length === 0) return null;
  return (
    <ul class="tags" aria-label="Tags">
      {sorted.map(([name, value]) => (
        <li key={name} title={value ? `${name}=${value}` : name}>
          <span class="tag-name">{name}</span>
          {value && <span>{value}</span>}
        </li>
      ))}
    </ul>
  );
}
