// A line of one series from zero, with the period before behind it. Unobserved buckets break the line.
import type { Bucket, TimeSeries } from '../api';
import { watched } from '../observed';

const HEIGHT = 30;

function line(series: TimeSeries | null, value: (bucket: Bucket) => number, max: number): string {
  if (series === null) return '';
  const { buckets } = series;
  const seen = watched(series);
  const step = 100 / Math.max(1, buckets.length - 1);
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

interface SparkProps {
  series: TimeSeries | null;
  before?: TimeSeries | null;
  value: (bucket: Bucket) => number;
}

export function Spark({ series, before, value }: SparkProps) {
  const now = series?.buckets ?? [];
  const past = before?.buckets ?? [];
  const max = Math.max(1, ...now.map(value), ...past.map(value));
  return (
    <svg class="spark" viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="l-before" d={line(before ?? null, value, max)} />
      <path class="l-now" d={line(series, value, max)} />
    </svg>
  );
}
