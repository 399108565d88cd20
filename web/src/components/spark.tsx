// A line of one series from zero, with the period before behind it. Unobserved buckets break the line.
import type { Bucket, TimeSeries } from '../api';
import { watched } from '../observed';

const HEIGHT = 30;

// The moment that all charts point at: a bucket of the series.
export interface Crosshair {
  index: number | null;
  point(index: number | null): void;
}

function stepOf(series: TimeSeries): number {
  return 100 / Math.max(1, series.buckets.length - 1);
}

function line(series: TimeSeries | null, value: (bucket: Bucket) => number, max: number): string {
  if (series === null) return '';
  const { buckets } = series;
  const seen = watched(series);
  const step = stepOf(series);
  let pen = 'M';
  let path = '';
  buckets.forEach((bucket, i) => {
    if (seen[i]?.seen === 'none') {
      pen = 'M';
      return;
    }
    const y = HEIGHT - 1 - (value(bucket) / max) * (HEIGHT - 2);
    path += `${pen}${(i * step).toFixed(2)} ${y.toFixed(2)}`;
    if (pen === 'M') path += 'h.01';
    pen = 'L';
  });
  return path;
}

interface SparkProps extends Crosshair {
  series: TimeSeries | null;
  before?: TimeSeries | null;
  value: (bucket: Bucket) => number;
  open(index: number): void;
}

export function Spark({ series, before, value, index, point, open }: SparkProps) {
  const now = series?.buckets ?? [];
  const past = before?.buckets ?? [];
  const max = Math.max(1, ...now.map(value), ...past.map(value));
  const under = (event: MouseEvent): number | null => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const at = Math.round(((event.clientX - left) / Math.max(1, width)) * (now.length - 1));
    return now.length === 0 ? null : Math.min(now.length - 1, Math.max(0, at));
  };
  return (
    <svg class="spark" viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" onPointerMove={(event) => point(under(event))} onPointerLeave={() => point(null)} onClick={(event) => open(under(event) ?? 0)}>
      <path class="l-before" d={line(before ?? null, value, max)} />
      <path class="l-now" d={line(series, value, max)} />
      {series !== null && index !== null && <path class="l-cross" d={`M${(index * stepOf(series)).toFixed(2)} 0V${HEIGHT}`} />}
    </svg>
  );
}
