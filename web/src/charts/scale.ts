// An axis that stands still: its maximum is round, grows when data leave it and shrinks when they fill less than half for a minute.

const PATIENCE_MS = 60_000;
// Each can be cut into four.
const STEPS = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10];

export function roundMaximum(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value) ?? 10;
  const maximum = step * power;
  return maximum < 12 ? Math.ceil(maximum) : maximum;
}

export function createScale(): (top: number, now: number) => number {
  let maximum = 0;
  let sparseSince: number | null = null;
  return (top, now) => {
    const wanted = roundMaximum(top);
    if (wanted > maximum) maximum = wanted;
    if (top >= maximum / 2) sparseSince = null;
    else if (sparseSince === null) sparseSince = now;
    else if (now - sparseSince > PATIENCE_MS) {
      maximum = wanted;
      sparseSince = null;
    }
    return maximum;
  };
}

// Scores of what is anomalous crowd at 1: they are drawn by decades of what is left to 1, 0.9 one line up, 0.99 two.
export const DECADES_MAX = 4; // beyond, the readout has the figure

export function decades(score: number | null): number | null {
  if (score === null) return null;
  const rest = Math.min(1, 1 - score);
  return rest <= 10 ** -DECADES_MAX ? DECADES_MAX : -Math.log10(rest);
}

export function decadeWords(decade: number): string {
  return decade === 0 ? '0' : (1 - 10 ** -decade).toFixed(decade);
}
