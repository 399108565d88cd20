import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket, Counts, Source, SourceState, Summary, TimeSeries } from '../src/api';
import { columns } from '../src/charts/columns';
import { lasting } from '../src/format';
import { log } from '../src/names';
import { watched } from '../src/observed';
import { blindWholly, blindWords, lostWords, reasonWords, reasons, retryWords, saySources, shortName, sorted, sum, sumWords, troubledCount, troubles } from '../src/sources';
import { overTime, verdict } from '../src/words';

const zero = { events: 0, anomalous: 0, by_label: 0, by_score: 0, by_both: 0, high: 0, medium: 0, low: 0, mean_score: null, mean_score_all: null, max_score: null };

function counts(change: Partial<Counts> = {}): Counts {
  return { read: 0, decoded: 0, skipped: 0, malformed: 0, duplicates: 0, late: 0, datasets: {}, reasons: {}, negative_counters: 0, unknown_applications: 0, ...change };
}

function source(name: string, state: SourceState, change: Partial<Source> = {}): Source {
  return {
    name, kind: 'file', formats: ['cowrie'], state, trouble: null, streams: 1, peers: null, identities: [], events: 0, first_event: null, last_event: null, last_arrival: null, rate: 0,
    lag_seconds: null, bytes_behind: null, lost: 0, rotations: 0, skew: { state: 'none', seconds: 0, text: null }, future_events: 0, future_seconds: 0, shift_seconds: 0,
    usual_gap_seconds: null, gaps: [], gaps_total: 0, counts: counts(), window: zero, ...change,
  };
}

test('lengths of time are short and carry over', () => {
  const said = [[0, '0 s'], [45, '45 s'], [59.6, '1 min'], [1380, '23 min'], [3600, '1 h'], [3599, '1 h'], [7800, '2 h 10 min'], [172_800, '2 d'], [187_200, '2 d 4 h']] as const;
  for (const [seconds, words] of said) assert.equal(lasting(seconds), words);
});

test('the most troubled come first, then by name', () => {
  const states: SourceState[] = ['ended', 'idle', 'live', 'waiting', 'behind', 'silent', 'failed'];
  const list = [...states.map((state) => source(`b-${state}`, state)), source('a', 'live'), source('z', 'later' as SourceState)];
  assert.deepEqual(sorted(list).map((one) => one.name), ['b-failed', 'b-silent', 'b-behind', 'b-waiting', 'a', 'b-live', 'b-idle', 'b-ended', 'z']);
  assert.equal(list[0]?.name, 'b-ended');
});

test('the sentence names the worst and counts the others', () => {
  const well = [source('/l/a.json', 'live'), source('/l/b.json', 'live')];
  const silent = source('/l/cowrie.json', 'silent', { lag_seconds: 1380, usual_gap_seconds: 120 });
  const clock = source('/l/c.json', 'live', { skew: { state: 'steady', seconds: 7200, text: '2 h ahead of the time of arrival: is its time zone right?' } });
  const failed = source('/l/d.json', 'failed', { trouble: 'permission denied.' });
  assert.deepEqual(saySources(well), { sign: 'ok', strong: '', rest: 'Both sources report.' });
  assert.deepEqual(saySources([...well, silent]), { sign: 'medium', strong: 'cowrie.json has been silent for 23 min (usual: up to 2 min).', rest: '' });
  assert.deepEqual(saySources([...well, clock]), { sign: 'low', strong: 'c.json is 2 h ahead of the time of arrival: is its time zone right?', rest: '' });
  assert.deepEqual(saySources([clock, silent, failed]), { sign: 'high', strong: 'd.json can’t be read: permission denied.', rest: ' Two more need a look.' });
  assert.equal(saySources([]).sign, 'quiet');
  assert.equal(saySources([source('a', 'idle'), source('b', 'live')]).rest, '2 sources: 1 live, 1 idle.');
  assert.equal(troubledCount([...well, silent, clock, source('w', 'waiting')]), 2);
});

test('behind, future and plain remarks are said; a clock is said once', () => {
  assert.equal(troubles(source('a', 'behind', { bytes_behind: 812e6 }))[0]?.says, 'is catching up: 812 MB still to read');
  assert.match(troubles(source('a', 'live', { future_events: 1, future_seconds: 7200 }))[0]?.says ?? '', /^wrote 1 event from the future, up to 2 h ahead/);
  assert.equal(troubles(source('a', 'live', { future_events: 9, skew: { state: 'steady', seconds: -7200, text: null } })).length, 1);
  assert.deepEqual(troubles(source('a', 'waiting', { trouble: 'no such file' })), [{ sign: 'none', says: 'no such file' }]);
  assert.deepEqual(troubles(source('a', 'live')), []);
});

test('names are short where one is meant, whole where two could be, and show what is hidden in them', () => {
  const a = source('/x/cowrie.json', 'live');
  assert.equal(shortName(a, [a, source('/x/eve.json', 'live')]), 'cowrie.json');
  assert.equal(shortName(a, [a, source('/y/cowrie.json', 'live')]), '/x/cowrie.json');
  const odd = source('/x/\u001b]0;a\u202e.json', 'live');
  assert.equal(shortName(odd, [odd]), '\\x1b]0;a\\u202e.json');
  const pushed = source('udp/5514', 'live', { kind: 'push' });
  assert.equal(shortName(pushed, [pushed]), 'udp/5514');
  assert.equal([...shortName(source('漢'.repeat(90), 'live'), [])].length, 40);
});

test('the sum adds up, and says so where it does not', () => {
  const all = [counts({ read: 100, decoded: 90, duplicates: 5, skipped: 7, malformed: 3, late: 2 }), counts({ read: 1000, decoded: 1000 })].map((one, i) => source(`s${i}`, 'live', { counts: one }));
  const total = sum(all);
  assert.deepEqual(total, { read: 1100, accepted: 1085, duplicates: 5, skipped: 7, malformed: 3, late: 2 });
  assert.equal(total.read, total.accepted + total.duplicates + total.skipped + total.malformed);
  assert.equal(sumWords(total), '1,100 records read = 1,090 decoded + 7 skipped + 3 malformed. 1,090 decoded = 1,085 accepted + 5 duplicate; 2 of the accepted came late.');
  assert.match(sumWords({ ...total, read: 1101 }), /≠.*should be equal/);
});

test('reasons stand in words, the most frequent first, unknown ones as they are', () => {
  assert.deepEqual(reasons(counts({ reasons: { invalid_json: 3, no_event: 40, some_new_one: 1, bad_label: 0 } })), [['well formed, but no event', 40], ['not valid JSON, or cut', 3], ['some new one', 1]]);
  assert.equal(reasonWords('constructor'), 'constructor');
  assert.equal(reasonWords('brand_new', 'a new way\u001b to fail'), 'a new way\\x1b to fail');
  assert.equal(log('zeek'), 'Zeek');
  assert.equal(log('unsw_nb15'), 'UNSW-NB15');
  assert.equal(log('custom1'), 'Own mapping 1');
  assert.equal(log('toString'), 'toString');
  assert.equal(log('a\u202eb'), 'a\\u202eb');
});

test('what is lost and what a new try came to', () => {
  assert.equal(lostWords(source('a', 'live')), 'nothing');
  assert.equal(lostWords(source('a', 'live', { lost: 31, kind: 'syslog+udp' })), '31 datagrams dropped');
  assert.equal(lostWords(source('a', 'live', { lost: 1200 })), '1.2 KB cut away before they were read');
  assert.equal(retryWords(counts()), 'There was nothing to try.');
  assert.equal(retryWords(counts({ read: 12, decoded: 3, malformed: 9 })), 'Tried 12 records: 3 could be read and were taken in, 9 still can’t be read.');
  assert.equal(retryWords(counts({ read: 1, malformed: 1 })), 'Tried 1 record: none can be read yet.');
  assert.equal(retryWords(counts({ read: 1, decoded: 1 })), 'Tried 1 record: 1 could be read and was taken in, none is left.');
});

const start = Date.parse('2025-01-08T20:00:00Z');
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

function series(events: number[], ...unobserved: [number, number][]): TimeSeries {
  const buckets = events.map((n, i): Bucket => ({ ...zero, time: at(i * 5), events: n, burst: false, observed: n > 0 }));
  return { sequence: 1, range: { from: at(0), to: at(events.length * 5), window_seconds: 3600 }, bucket_seconds: 300, buckets, unobserved: unobserved.map(([from, to]) => ({ from: at(from), to: at(to) })) };
}

test('time is observed, in part, or not at all; a quiet interval is a zero, not a hole', () => {
  const s = series([5, 5, 0, 0, 5], [8, 17]);
  assert.deepEqual(watched(s).map((one) => [one.seen, one.blind]), [['all', 0], ['part', 120], ['none', 300], ['part', 120], ['all', 0]]);
  assert.deepEqual(columns(s).events, [5, 5, null, 0, 5]);
  assert.equal(overTime(s), 'No burst of anomalous events. Nothing was observed 20:08 – 20:17.');
  const short = { ...series([5, 0], [5, 7]), range: { from: at(0), to: at(7), window_seconds: 420 } };
  assert.deepEqual(watched(short)[1], { seen: 'none', blind: 120, seconds: 120 });
  assert.match(overTime(series([5, 5, 5], [1, 2], [6, 8])), /two stretches, 3 min together; they are hatched below/);
  assert.equal(overTime(series([0, 0], [0, 10])), 'Nothing was observed.');
  assert.equal(overTime(series([0, 0])), 'No event at all.');
});

function summary(change: Partial<Summary>): Summary {
  return {
    sequence: 1, range: { from: at(0), to: at(360), window_seconds: 21600 }, clock: at(0), state: 'live', trouble: null, learning: null, rate: 1, now: { ...zero, events: 100 }, before: null,
    attackers: { count: 0, before: null, estimated: false, error: 0 }, alerts: { total: 0, high: 0, medium: 0, low: 0, none: 0, before: null }, model: null,
    geo: { available: true, trouble: null, kind: '' }, ignore_labels: false, sources: { total: 1, live: 1, behind: 0, silent: 0, failed: 0, waiting: 0, idle: 0, ended: 0 }, late: 0, unobserved_seconds: 0, ...change,
  };
}

test('no alert is calm only where somebody looked', () => {
  assert.equal(verdict(summary({}), '6h').line, 'All is calm.');
  assert.equal(blindWords(summary({}), '6h'), null);
  const part = summary({ unobserved_seconds: 7800 });
  assert.equal(blindWords(part, '6h'), 'Nothing was seen for 2 h 10 min of these 6 hours.');
  assert.equal(verdict(part, '6h').line, 'Calm, as far as was seen.');
  assert.equal(verdict(part, '6h').sign, 'quiet');
  const all = summary({ unobserved_seconds: 21600, now: zero });
  assert.ok(blindWholly(all));
  assert.equal(blindWords(all, '6h'), 'Nothing was seen in all of these 6 hours.');
  assert.equal(verdict(all, '6h').line, 'Nothing was seen.');
  const mute = summary({ sources: { total: 2, live: 0, behind: 0, silent: 1, failed: 1, waiting: 0, idle: 0, ended: 0 } });
  assert.match(verdict(mute, '6h').more, /1 source can’t be read\. 1 source is silent\.$/);
});
