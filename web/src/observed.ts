// Which time was observed. Missing is not zero: a bucket that nobody watched has no figure.
import type { Bucket, Span, TimeSeries } from './api';
import { ms } from './format';

export type Seen = 'all' | 'part' | 'none';

export interface Watched {
  seen: Seen;
  blind: number; // seconds not observed
  seconds: number; // of the bucket that lie in the range
}

export interface Stretch {
  from: number;
  to: number;
}

// Ascending; those that touch are one.
export function stretches(spans: readonly Span[]): Stretch[] {
  const sorted = spans.map((span) => ({ from: ms(span.from), to: ms(span.to) })).filter((stretch) => stretch.to > stretch.from);
  const joined: Stretch[] = [];
  for (const stretch of sorted.sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to);
    else joined.push(stretch);
  }
  return joined;
}

function common(a: Stretch, b: Stretch): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

function watchedOf(bucket: Bucket, within: Stretch, holes: readonly Stretch[]): Watched {
  const blind = holes.reduce((sum, hole) => sum + common(within, hole), 0) / 1000;
  const seconds = (within.to - within.from) / 1000;
  const seen = blind <= 0 ? 'all' : blind >= seconds && bucket.events === 0 ? 'none' : 'part';
  return { seen, blind: Math.min(blind, seconds), seconds };
}

// One for each bucket. The first and the last may reach out of the range: that part doesn't count.
export function watched(series: TimeSeries): Watched[] {
  const holes = stretches(series.unobserved);
  const from = series.range.from === null ? -Infinity : ms(series.range.from);
  const to = series.range.to === null ? Infinity : ms(series.range.to);
  return series.buckets.map((bucket) => {
    const start = ms(bucket.time);
    const end = start + series.bucket_seconds * 1000;
    const within = { from: Math.max(start, from), to: Math.min(end, to) };
    return watchedOf(bucket, within.to > within.from ? within : { from: start, to: end }, holes);
  });
}

// From the beginning of one bucket to the end of the other, whichever comes first.
export function stretchOf(series: TimeSeries | null, a: number, b: number): Stretch | null {
  const [first, last] = [series?.buckets[Math.min(a, b)], series?.buckets[Math.max(a, b)]];
  return series == null || first === undefined || last === undefined ? null : { from: ms(first.time), to: ms(last.time) + series.bucket_seconds * 1000 };
}

export function rangeOf({ from, to }: Stretch): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
