// A time series as the columns that the plots draw. Bars are stacked by drawing sums over each other, the tallest first.
import type { Bucket, TimeSeries } from '../api';
import { ms } from '../format';
import { watched } from '../observed';

export type Column = (number | null)[];

export interface Columns {
  x: number[]; // the middle of each bucket, seconds
  label: Column; // all anomalous ones: what sticks out above the others is by label only
  low: Column;
  medium: Column;
  high: Column;
  meanAnomalous: Column;
  meanAll: Column;
  events: Column;
  from: number;
  to: number;
}

// A sum is drawn only where its own part is there, so that no outline shows around the part below.
function stacked(part: (bucket: Bucket) => number, sum: (bucket: Bucket) => number): (bucket: Bucket) => number | null {
  return (bucket) => (part(bucket) > 0 ? sum(bucket) : null);
}

export function columns(series: TimeSeries): Columns {
  const { buckets, bucket_seconds: width } = series;
  const x = buckets.map((bucket) => ms(bucket.time) / 1000 + width / 2);
  const scored = (bucket: Bucket) => bucket.high + bucket.medium + bucket.low;
  const seen = watched(series);
  const column = (value: (bucket: Bucket) => number | null): Column => buckets.map(value);
  return {
    x,
    label: column(stacked((b) => b.anomalous - scored(b), (b) => b.anomalous)),
    low: column(stacked((b) => b.low, scored)),
    medium: column(stacked((b) => b.medium, (b) => b.high + b.medium)),
    high: column(stacked((b) => b.high, (b) => b.high)),
    meanAnomalous: column((b) => b.mean_score),
    meanAll: column((b) => b.mean_score_all),
    events: buckets.map((b, i) => (seen[i]?.seen === 'none' ? null : b.events)),
    from: (x[0] ?? 0) - width / 2,
    to: (x.at(-1) ?? 1) + width / 2,
  };
}
