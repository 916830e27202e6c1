// Whether the reader is near an element: seeing it, or about to.

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** So far below or above the window something is near: it is there when it is scrolled to. */
const MARGIN = "500px 0px";

export function useNear(element: RefObject<Element | null>): boolean {
  const near = useSignal(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        near.value = entries.at(-1)?.isIntersecting ?? false;
      },
      { rootMargin: MARGIN },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return near.value;
}
