import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, Bucket, Geo, Keys, Summary, TimeSeries } from '../src/api';
import { columns } from '../src/charts/columns';
import { decades, decadeWords, roundMaximum, createScale } from '../src/charts/scale';
import { markers, worst } from '../src/map';
import { featureValue, manySources, manyTargets } from '../src/names';
import { duration, overTime, probesWords, runs, unlocated, verdict, whereFirst, whoAndWhat } from '../src/words';

const zero = { events: 0, anomalous: 0, by_label: 0, by_score: 0, by_both: 0, high: 0, medium: 0, low: 0, mean_score: null, mean_score_all: null, max_score: null };
const range = { from: '2025-01-08T20:00:00Z', to: '2025-01-08T21:00:00Z', window_seconds: 3600 };

function summary(change: Partial<Summary>): Summary {
  return {
    sequence: 1, range, clock: range.to, state: 'live', trouble: null, learning: null, rate: 1, now: { ...zero, events: 100 }, before: null,
    attackers: { count: 0, before: null, estimated: false, error: 0 }, alerts: { total: 0, high: 0, medium: 0, low: 0, none: 0, before: null }, model: null,
    geo: { available: true, trouble: null, kind: '' }, ignore_labels: false, sources: { total: 1, live: 1, behind: 0, silent: 0, failed: 0, waiting: 0, idle: 0, ended: 0 }, late: 0, unobserved_seconds: 0, ...change,
  };
}

function series(...observed: [number, boolean, boolean][]): TimeSeries {
  const buckets = observed.map(([anomalous, burst, seen], i): Bucket => ({
    ...zero, time: new Date(Date.parse('2025-01-08T20:00:00Z') + i * 300_000).toISOString(), events: seen ? 10 : 0, anomalous, high: anomalous > 1 ? 1 : 0, burst, observed: seen,
  }));
  const unobserved = buckets.filter((bucket) => !bucket.observed).map(({ time }) => ({ from: time, to: new Date(Date.parse(time) + 300_000).toISOString() }));
  return { sequence: 1, range, bucket_seconds: 300, buckets, unobserved };
}

test('the verdict is that of the worst, and calm is calm', () => {
  const counts = (high: number, medium: number, low: number, none: number) => ({ total: high + medium + low + none, high, medium, low, none, before: null });
  assert.equal(verdict(summary({}), '1h').line, 'All is calm.');
  assert.equal(verdict(summary({ alerts: counts(2, 9, 3, 0) }), '1h').line, 'Two high alerts are worth a look.');
  assert.equal(verdict(summary({ alerts: counts(1, 9, 3, 0) }), '1h').line, 'One high alert is worth a look.');
  assert.equal(verdict(summary({ alerts: counts(0, 9, 3, 0) }), '1h').sign, 'medium');
  assert.equal(verdict(summary({ alerts: counts(0, 0, 3, 0) }), '1h').sign, 'low');
  assert.equal(verdict(summary({ alerts: counts(0, 0, 0, 5) }), '1h').sign, 'none');
  assert.equal(verdict(summary({ state: 'stalled', trouble: 'The disk is full.', alerts: counts(2, 0, 0, 0) }), '1h').line, 'Events can’t be stored.');
  assert.match(verdict(summary({ alerts: counts(1, 0, 0, 0), now: { ...zero, events: 100, anomalous: 5, by_label: 2, by_score: 2, by_both: 1 } }), '1h').more,
    /In the last hour 5 of 100 events are anomalous\. 3 stand out by score, 2 of them without a label\./);
});

test('bursts and holes are joined and named', () => {
  const s = series([0, false, true], [5, true, true], [9, true, true], [0, false, false], [0, false, false], [1, false, true]);
  assert.equal(overTime(s), 'One burst, 20:05 – 20:15: 9 anomalous events in 5 minutes. Nothing was observed 20:15 – 20:25.');
  assert.deepEqual(runs(s, (b) => b.burst).map((run) => run.peak), [9]);
  assert.equal(overTime(series([0, false, true])), 'No burst of anomalous events.');
  assert.equal(overTime(series([0, false, false])), 'Nothing was observed.');
  assert.equal(duration(600), '10 minutes');
  assert.equal(duration(3600), '1 hour');
});

test('columns stack, and what was not observed is missing', () => {
  const k = columns(series([3, false, true], [0, false, false]));
  assert.deepEqual(k.high, [1, null]);
  assert.deepEqual(k.medium, [null, null]);
  assert.deepEqual(k.label, [3, null]);
  assert.deepEqual(k.events, [10, null]);
  assert.equal(k.to - k.from, 600);
});

test('axes end at round numbers and stand still', () => {
  for (const value of [1, 7, 51, 99, 101, 4999]) {
    const maximum = roundMaximum(value);
    assert.ok(maximum >= value && maximum <= value * 1.7 + 1, `${value}: ${maximum}`);
  }
  const scale = createScale();
  assert.equal(scale(51, 0), 60);
  assert.equal(scale(10, 1), 60);
  assert.equal(scale(10, 60_000), 60);
  assert.equal(scale(10, 62_000), 10);
});

test('who and what, and what has no place', () => {
  const geo: Geo = { sequence: 1, range, points: [], countries: [{ ...zero, country: 'NL', anomalous: 5 }], unlocated: { private: 3, no_entry: 2, no_database: 0, no_address: 0 }, available: true, trouble: null };
  const ports: Keys = { sequence: 1, range, distinct: 2, sum: zero, rows: [{ ...zero, key: '22' }, { ...zero, key: null }] };
  const s = summary({ now: { ...zero, events: 100, anomalous: 10 }, attackers: { count: 4, before: null, estimated: false, error: 0 } });
  assert.equal(whoAndWhat(s, geo, ports).replace(/\u202f/g, ' '), '4 addresses from 1 country, 50 % of the events from the Netherlands. They want ssh (22) first, then what has no port.');
  assert.equal(unlocated(geo), '5 events without a location: 3 private, 2 not in the database');
});

test('probes are compared where both counts are known and the difference is no chance', () => {
  const said = (now: number | null, before: number | null, window: Window = '1h') => probesWords({ now, before }, window).replace(/\u202f/g, ' ');
  assert.equal(said(564, 400), '41 % more probes than the hour before');
  assert.equal(said(300, 400, '6h'), '25 % fewer probes than the 6 hours before');
  assert.equal(said(4800, 400, ''), '12 times the probes of the same time before');
  for (const [now, before] of [[null, 400], [400, null], [400, 0], [420, 400], [14, 10], [10_500, 10_000]] as const) assert.equal(said(now, before), '');
  const s = summary({ now: { ...zero, events: 100, anomalous: 10 }, alerts: { total: 2, high: 2, medium: 0, low: 0, none: 0, before: null } });
  assert.equal(verdict(s, '1h', '41 % more probes than the hour before').line, 'Two high alerts are worth a look, 41 % more probes than the hour before.');
  assert.equal(verdict(s, '1h').line, 'Two high alerts are worth a look.');
  const quiet = verdict(summary({ now: { ...zero, events: 100 } }), '1h', '41 % more probes than the hour before');
  assert.equal(quiet.line, 'All is calm.');
  assert.match(quiet.more, /; 41 % more probes than the hour before\.$/);
});

test('where to look first', () => {
  const alert = { source_ip: '192.0.2.1', reason: 'Sent 3 GB.' } as Alert;
  assert.equal(whereFirst([alert, { ...alert, source_ip: '192.0.2.2' }], '1h', 'live'), 'At 192.0.2.1: sent 3 GB. Then at 192.0.2.2.');
  assert.equal(whereFirst([alert, alert], '1h', 'live'), 'At 192.0.2.1: sent 3 GB.');
  assert.equal(whereFirst([], '6h', 'live'), 'Nowhere just now: no alert in the last 6 hours.');
});

test('every point is drawn, the worst is its sign', () => {
  const point = (latitude: number, longitude: number, anomalous: number) => ({ ...zero, latitude, longitude, country: 'AQ', anomalous });
  const made = markers([point(-89, 0, 1), point(89, 179, 50), point(0, 0, 9)], [{ ...zero, country: 'AQ', anomalous: 60 }]);
  assert.equal(made.length, 3);
  for (const marker of made) assert.ok(marker.x >= 0 && marker.x <= 760 && marker.y >= 0 && marker.y <= 362);
  assert.ok((made[0]?.size ?? 0) > (made[2]?.size ?? 99));
  assert.equal(worst({ ...zero, low: 1, medium: 1 }), 'medium');
});

test('features are written in their unit', () => {
  const feature = (name: string, unit = '') => ({ feature: name, words: '', unit, value: null, low: null, median: null, high: null, share: 1 });
  assert.equal(featureValue(feature('flag_syn'), 1), 'yes');
  assert.equal(featureValue(feature('src_is_private'), 0), 'no');
  assert.equal(featureValue(feature('kind_rarity'), 0.00055).replace(/\u202f/g, ' '), '0.06 %');
  assert.equal(featureValue(feature('total_bytes', 'B'), 1500), '1.5 KB');
  assert.equal(featureValue(feature('duration', 's'), 12.34), '12.3 s');
  assert.equal(featureValue(feature('duration', 's'), null), 'not measured');
});

test('scores are drawn by decades, and those beyond the last at its line', () => {
  const near = (found: number | null, wanted: number) => assert.ok(Math.abs((found ?? NaN) - wanted) < 1e-9, `${found}, expected ${wanted}`);
  assert.equal(decades(null), null);
  near(decades(0), 0);
  near(decades(0.9), 1);
  near(decades(0.999), 3);
  near(decades(1), 4);
  assert.deepEqual([0, 1, 4].map(decadeWords), ['0', '0.9', '0.9999']);
});

test('an alert of one side alone says so of the other', () => {
  const alert = (reason_key: string, source_ip: string | null, destination_port: number | null) => ({ reason_key, source_ip, destination_ip: '192.0.2.10', destination_port });
  assert.equal(manySources(alert('flood', null, 80)), 'many addresses');
  assert.equal(manySources(alert('pair_ports_10m', null, 25)), 'any address');
  assert.equal(manySources(alert('kind_rarity', null, 25)), null);
  assert.equal(manySources(alert('src_is_private', null, 25)), null);
  assert.equal(manyTargets(alert('scan_vertical', '198.51.100.7', null)), 'many ports');
  assert.equal(manyTargets(alert('scan_horizontal', '198.51.100.7', null)), 'and others');
  assert.equal(manyTargets(alert('src_events_1m', '198.51.100.7', null)), 'any port');
  assert.equal(manyTargets(alert('kind_rarity', '198.51.100.7', null)), null);
  assert.equal(manyTargets(alert('scan_vertical', '198.51.100.7', 22)), null);
});
