// Made-up models and their reliability: as asked, drifted, in bursts, of too few events, and written by somebody hostile.

import { HOSTILE_NAME } from './fake_sources.mjs';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const BINS = 20;

const stamp = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');

// Noise that is the same in every run: about standard normal.
function noise(seed) {
  let sum = 0;
  for (let i = 1; i <= 12; i++) {
    const x = Math.sin(seed * 127.1 + i * 311.7) * 43_758.5453;
    sum += x - Math.floor(x);
  }
  return sum - 6;
}

const COLUMNS = ['duration', 'total_bytes', 'total_packets', 'bytes_per_second', 'packets_per_second', 'bytes_per_packet', 'bytes_ratio', 'packets_ratio', 'hour', 'flag_syn', 'flag_ack', 'flag_fin', 'flag_rst', 'flag_psh',
  'src_is_private', 'dst_is_private', 'is_internal', 'dst_port_is_common', 'direction', 'dst_port_rarity', 'application_rarity', 'kind_rarity', 'day_of_week', 'is_weekend', 'is_business_hours', 'payload_entropy'];
const UNMEASURED = ['total_bytes', 'total_packets', 'bytes_per_second', 'packets_per_second', 'bytes_per_packet', 'bytes_ratio', 'packets_ratio'];

function subModel(name, rows, unmeasured) {
  const dropped = [
    ...unmeasured.map((feature) => ({ feature, reason: 'over 50 % missing (100 %)' })), { feature: 'is_internal', reason: 'constant' },
    ...['day_of_week', 'is_weekend'].map((feature) => ({ feature, reason: 'less than 14 days of training' })),
  ];
  const columns = COLUMNS.filter((column) => !dropped.some(({ feature }) => feature === column));
  const view = { detector: 'ensemble', calibration_rows: Math.floor(rows / 6), scored_on: 14, columns: ['src_events_1m', 'src_failed_10m', 'dst_sources_10m', 'pair_regularity_1h'], dropped: [{ feature: 'src_bytes_sent_1h', reason: 'over 50 % missing (100 %)' }] };
  return { name, rows, behaviour: name === 'dionaea' ? null : view, detector: name === 'iscx' ? 'iforest' : 'ensemble', calibration_rows: Math.floor(rows / 5), events_a_day: rows * 1.7, scored_on: columns.length, columns, dropped };
}

export function model(state, end) {
  if (state === 'empty' || state === 'learning') return null;
  const unlearnt = { name: 'iscx', rows: 0, detector: 'none', calibration_rows: 0, events_a_day: 0, scored_on: 0, columns: [], dropped: [] };
  return {
    digest: '4f1c90a9'.repeat(4), trained_from: stamp(end - 14 * DAY), trained_to: stamp(end - 9 * DAY), seed: 1,
    sub_models: [unlearnt, subModel('suricata_flow', 48_120, []), subModel('suricata_other', 20_311, ['duration', ...UNMEASURED]), subModel('cowrie', 9214, UNMEASURED), subModel('dionaea', 4100, UNMEASURED)],
  };
}

const TOLD = {
  as_asked: (week) => `As asked: ${week.alarms} false alarms, ${week.expected.toFixed(0)} expected.`,
  more: (week) => `More false alarms than asked: ${week.alarms} instead of ${week.expected.toFixed(0)}. The traffic has drifted from what was learnt: its p-values are far from uniform.`,
  fewer: (week) => `Fewer false alarms than asked: ${week.alarms} instead of ${week.expected.toFixed(0)}. The traffic is plainer than what was learnt.`,
  too_few: (week) => `Too few to say: ${week.events} events, ${week.expected.toFixed(1)} false alarms to expect.`,
};

// kind: as_asked, more (leaning to small p-values), fewer (leaning to large ones), too_few
function week(monday, events, kind, seed) {
  const lean = { more: (i) => 2.4 * Math.exp(-i / 4) + 0.5, fewer: (i) => 0.55 + i / 21 }[kind] ?? (() => 1);
  const weights = [...Array(BINS).keys()].map(lean);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const p_values = weights.map((weight, i) => Math.max(0, Math.round((events * weight) / sum + noise(seed * 31 + i) * Math.sqrt(events / BINS))));
  const judged = p_values.reduce((total, n) => total + n, 0);
  const expected = judged * 2.46e-4;
  const alarms = Math.round(expected * ({ more: 2.9, fewer: 0.4 }[kind] ?? 1 + 0.06 * noise(seed)));
  const made = {
    from: stamp(monday), events: judged, expected, alarms, interval: [Math.max(0, alarms - 1.96 * Math.sqrt(alarms)), alarms + 1.96 * Math.sqrt(alarms) + 2], alerts: Math.ceil(alarms * 0.6), verdict: kind,
    p_values, tails: [0.01, 0.001, 0.0001].map((p) => ({ p, events: Math.round(judged * p * (kind === 'more' ? 2.9 : kind === 'fewer' ? 0.4 : 1.03)) })),
  };
  return { ...made, words: TOLD[kind](made) };
}

function weeks(end, n, events, kinds, seed) {
  const monday = Math.floor((end - 4 * DAY) / WEEK) * WEEK + 4 * DAY; // 1970-01-05 was one
  return [...Array(n).keys()].map((i) => week(monday - i * WEEK, i === 0 ? Math.round(events * 0.4) : events, kinds[i] ?? 'as_asked', seed + i));
}

function source(name, events, list) {
  return { source: name, events_a_day: events / 7, rate_asked: 2.46e-4, weeks: list };
}

export function reliability(state, end, asked) {
  const n = Math.min(asked, 12);
  const budget = state === 'mixed' ? { mode: 'rate', alerts_per_day: null, false_alarm_rate: 0.001 } : { mode: state === 'steady' ? 'per_source' : 'total', alerts_per_day: 20, false_alarm_rate: null };
  const made = {
    empty: [], learning: [], young: [],
    few: [source('/data/eve.json', 900, weeks(end, 1, 900, ['too_few'], 1)), source('/data/cowrie.json', 0, [])],
    steady: [source('/data/eve.json', 412_345, weeks(end, n, 412_345, [], 1)), source('/data/cowrie.json', 90_200, weeks(end, Math.min(n, 5), 90_200, [], 40))],
    mixed: [source(HOSTILE_NAME, 90_200, weeks(end, n, 90_200, ['more'], 3)), source('syslog+udp:127.0.0.1:5514', 400, weeks(end, 2, 400, ['too_few', 'too_few'], 9))],
  }[state];
  return {
    budget, severities: { low: null, medium: 0.001, high: 0.0001 },
    sources: made ?? [
      source('/data/eve.json', 412_345, weeks(end, n, 412_345, ['as_asked', 'as_asked', 'as_asked', 'fewer'], 1)), source('/data/cowrie.json', 90_200, weeks(end, n, 90_200, ['more', 'more', 'as_asked'], 20)),
      source('/data/dionaea.json', 61_000, weeks(end, Math.min(n, 7), 61_000, ['fewer'], 50)), source('/data/edge.csv', 700, weeks(end, Math.min(n, 2), 700, ['too_few', 'too_few'], 70)),
    ],
  };
}
