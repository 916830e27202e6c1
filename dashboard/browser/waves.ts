// Made-up readings: smooth, repeatable functions of time.

/** A smooth curve around `middle`, with some noise. */
export function wave(middle: number, swing: number, period: number): (ts: number) => number {
  return (ts) => {
    const slow = Math.sin((ts / period) * 2 * Math.PI) * 0.5;
    const quick =
      Math.sin((ts / period) * 23.7) * 0.2 + Math.sin((ts / period) * 71.3) * 0.2 + jitter(ts) * 0.1;
    return middle + swing * (slow + quick);
  };
}

/** A hump of `height` in a tenth of every period. */
export function burst(ts: number, period: number, height: number): number {
  const phase = (((ts % period) + period) % period) / period;
  return phase > 0.1 ? 0 : height * Math.sin(phase * 10 * Math.PI) ** 2 * (0.8 + 0.2 * jitter(ts));
}

function jitter(ts: number): number {
  const noise = Math.sin(ts * 12.9898) * 43_758.5453;
  return (noise - Math.floor(noise)) * 2 - 1;
}
