// Made-up answers of the API for every state of the page. Addresses are from the ranges kept for documentation.

import { canaries, drift, explained, life, withFindings } from './fake_learning.mjs';
import { desk, lex, seriesOf } from './fake_desk.mjs';
import { model, reliability } from './fake_model.mjs';
import { quarantine, quarantineSum, retried, sources, states } from './fake_sources.mjs';

const MINUTE = 60_000;
export const END = Date.parse('2025-01-08T21:50:00Z');

const SECONDS = { '1h': 3600, '6h': 21600, '24h': 86400, all: 86400 };

function stamp(ms) {
  return new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
}

function id(n) {
  return n.toString(16).padStart(32, '0');
}

function tally(events, high, medium, low, label) {
  const anomalous = high + medium + low + label;
  const scored = high + medium + low;
  return {
    events, anomalous, by_label: label, by_score: Math.ceil(scored / 2), by_both: Math.floor(scored / 2), high, medium, low,
    mean_score: anomalous === 0 ? null : 0.55 + (high * 0.3) / (anomalous + 1), mean_score_all: events === 0 ? null : 0.44,
    max_score: anomalous === 0 ? null : 0.97,
  };
}

function sum(tallies) {
  const total = tally(0, 0, 0, 0, 0);
  for (const one of tallies) for (const name of ['events', 'anomalous', 'by_label', 'by_score', 'by_both', 'high', 'medium', 'low']) total[name] += one[name];
  return { ...total, mean_score: 0.58, mean_score_all: 0.44, max_score: 0.97 };
}

const REASONS = [
  ['high', 5e-5, '198.51.100.7', 'NL', 'found', '192.0.2.10', 22, 'SSH', 'This kind of event is rare here: 0.03 % of what was learnt.'],
  ['high', 8.1e-5, '192.0.2.34', null, 'private', '203.0.113.80', 443, 'TLS', 'Sent 3.8 GB; usual here is up to 25 MB.'],
  ['medium', 2.5e-4, '203.0.113.129', 'BR', 'found', '192.0.2.11', 445, 'SMB', 'The destination port 445 is rare here: 0.2 % of what was learnt.'],
  ['medium', 6.2e-4, '203.0.113.44', 'VN', 'found', '192.0.2.12', 3389, 'RDP', 'Kept open for 40 minutes; usual here is up to 60 seconds.'],
  ['low', 1.8e-3, '198.51.100.93', 'US', 'found', '192.0.2.10', 23, 'TELNET', 'Carried 1.4 KB a packet on average; usual here is up to 983 B.'],
  ['low', 2.4e-3, '2001:db8::17', 'XK', 'found', '192.0.2.12', 5060, 'SIP', 'The application protocol SIP is rare here: 0.04 % of what was learnt.'],
  ['none', 0.31, '203.0.113.201', null, 'no_entry', '192.0.2.10', null, null, 'The log itself calls it an attack: password guessing.'],
];
export const HOSTILE = ['<img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0", '\u001b]0;owned\u0007\u202egnp.exe'];

function alert(n, state) {
  return state === 'found' ? withFindings(plainAlert(n), n) : plainAlert(n);
}

function plainAlert(n) {
  const [severity, p, source, country, geo, destination, port, application, reason] = REASONS[n % REASONS.length];
  const p_value = p * (1 + Math.floor(n / REASONS.length) * 0.03);
  return {
    alert_id: id(n + 1), severity, score: 1 - p_value, p_value, features_used: n === 1 ? 9 : 22, features_total: 26, partial: n === 1, model: id(7777), first_time: stamp(END - (40 + n) * MINUTE), last_time: stamp(END - (n * 3 + 1) * MINUTE),
    count: 1 + ((n * 37) % 400), by_label: 0, by_score: 1, by_both: (n * 37) % 400, source_ip: source, destination_ip: destination, destination_port: port,
    protocol: 'tcp', application_protocol: application, dataset: 'cowrie', attack_type: 'brute_force', reason, reason_key: 'kind_rarity', finding: null,
    features: severity === 'none' ? [] : [
      { feature: 'kind_rarity', words: 'rarity of this kind of event', unit: '', value: 0.0003, low: 0.04, median: 0.18, high: 0.22, share: 0.6 },
      { feature: 'total_bytes', words: 'bytes both ways', unit: 'B', value: 3.8e9, low: 400, median: 5200, high: 25e6, share: 0.3 },
      { feature: 'dst_port_is_common', words: 'to a common port', unit: '', value: 0, low: 0, median: 1, high: 1, share: 0.1 },
    ],
    country, city: country === 'NL' ? 'Amsterdam' : null, latitude: country === null ? null : 52.4, longitude: country === null ? null : 4.9, geo,
    event_id: id(n + 1), learned_in_sample: false,
  };
}

function events(alertId) {
  return HOSTILE.map((password, n) => ({
    event_time: stamp(END - (n + 1) * MINUTE), dataset: 'cowrie', source_ip: '198.51.100.7', source_port: 51544, destination_ip: '192.0.2.10', destination_port: 22,
    event_id: id(1000 + n), anomaly_score: n === 2 ? null : 0.99995, p_value: n === 2 ? null : 5e-5, features_used: n === 2 ? 0 : 9, features_total: 26, partial: n === 1, is_anomaly: true, severity: 'high', late: n === 1, by: 'both', attack_type: 'brute_force', finding: null, alert_id: alertId, sequence: n,
    attributes: { eventid: 'cowrie.login.failed', username: 'root', password }, raw: JSON.stringify({ eventid: 'cowrie.login.failed', username: 'root', password }),
  }));
}

// In the longer windows nobody watched for some minutes, which begin and end inside a bucket.
function unobserved(state, window, from, to) {
  if (state === 'empty' || state === 'calm') return [];
  if (state === 'blind') return [{ from: stamp(from), to: stamp(to) }];
  const width = widthOf(window) * 1000;
  const n = (to - from) / width;
  return n > 24 ? [{ from: stamp(from + Math.ceil(n * 0.42) * width - 2 * MINUTE), to: stamp(from + Math.ceil(n * 0.47) * width + MINUTE) }] : [];
}

function seconds(spans) {
  return spans.reduce((sum, span) => sum + (Date.parse(span.to) - Date.parse(span.from)) / 1000, 0);
}

function widthOf(window) {
  return window === '24h' || window === 'all' ? 600 : 300;
}

const CALM = ['calm', 'silent', 'clock']; // no alert

function buckets(state, window, tick) {
  const blind = state === 'blind';
  const calm = CALM.includes(state) || state === 'learning';
  const width = widthOf(window);
  const n = SECONDS[window] / width;
  const first = END - SECONDS[window] * 1000;
  return {
    bucket_seconds: width,
    buckets: [...Array(n).keys()].map((i) => {
      const hole = blind || (state !== 'calm' && n > 24 && i >= n * 0.42 && i < n * 0.47);
      const burst = !calm && !blind && i >= n - 5 && i < n - 2;
      const base = hole ? tally(0, 0, 0, 0, 0)
        : tally(800 + ((i * 131) % 300) + (i === n - 1 ? tick : 0), calm ? 0 : burst ? 14 : i % 7 === 0 ? 1 : 0, calm ? 0 : burst ? 40 : i % 3, calm ? 0 : burst ? 60 : 2 + (i % 4), calm ? 0 : 5 + (i % 6));
      return { time: stamp(first + i * width * 1000), ...base, burst, observed: !hole };
    }),
  };
}

const PLACES = [
  [52.4, 4.9, 'NL', 889, 3], [-23.5, -46.6, 'BR', 524, 2], [10.8, 106.7, 'VN', 380, 2], [37.8, -122.4, 'US', 339, 1], [28.6, 77.2, 'IN', 299, 2], [31.2, 121.5, 'CN', 251, 1],
  [50.1, 8.7, 'DE', 96, 1], [42.6, 21.2, 'XK', 40, 0], [1.35, 103.8, 'SG', 38, 1], [-77.8, 166.7, 'AQ', 2, 0], [-33.9, 18.4, 'ZA', 12, 0], [64.1, -21.9, 'IS', 4, 0],
];

function placed([, , , n, worst]) {
  return tally(n, worst === 3 ? 9 : 0, worst === 2 ? 20 : 0, worst === 1 ? 12 : 0, n - (worst === 3 ? 9 : worst === 2 ? 20 : worst === 1 ? 12 : 0));
}

function keys(names, total) {
  const rows = names.map((key, i) => ({ key, ...tally(2000 - i * 200, 1, 2, 3, Math.round(900 / (i + 1))) }));
  const all = sum(rows);
  return { distinct: names.length + 38, sum: { ...all, anomalous: Math.max(all.anomalous, total) }, rows };
}

// state: empty, learning, live, found (by named detectors), calm, stalled, nogeo; of the sources: silent, failed, clock, blind (nothing seen), mixed; of the
// model: steady, few, young (has judged nothing yet)
export function answer(state, path, query, tick) {
  const to = query.has('to') ? Date.parse(query.get('to')) : END;
  const window = query.has('from') ? '6h' : SECONDS[query.get('window')] === undefined ? '1h' : query.get('window'); // its shape; the range is the one asked for
  const [, n, unit] = /^(\d+)([mhd])$/.exec(query.get('window') ?? '') ?? [];
  const first = query.has('from') ? Date.parse(query.get('from')) : to - (n === undefined ? SECONDS[window] : n * { m: 60, h: 3600, d: 86400 }[unit]) * 1000;
  const empty = state === 'empty';
  const calm = CALM.includes(state);
  const blind = state === 'blind';
  const head = { sequence: 1000 + tick, range: empty ? { from: null, to: null, window_seconds: SECONDS[window] } : { from: stamp(first), to: stamp(to), window_seconds: (to - first) / 1000 } };
  const series = buckets(state, window, tick);
  const now = empty ? tally(0, 0, 0, 0, 0) : sum(series.buckets);
  const total = empty || calm || blind || state === 'learning' ? 0 : 41;
  const counts = total === 0 ? { total: 0, high: 0, medium: 0, low: 0, none: 0 } : { total, high: 12, medium: 12, low: 11, none: 6 };
  const from = to - SECONDS[window] * 1000;
  const holes = unobserved(state, window, from, to);
  const logs = sources(state, END, now, tick);
  const geo = { available: state !== 'nogeo', trouble: state === 'nogeo' ? 'No location database was given.' : null, kind: state === 'nogeo' ? '' : 'DBIP-City-Lite' };
  const one = /^\/alerts\/([0-9a-f]{32})(\/events)?$/.exec(path);
  if (one !== null) {
    const n = parseInt(one[1], 16) - 1;
    if (n >= 41) return null;
    return one[2] === undefined ? { sequence: head.sequence, alert: alert(n, state) } : { ...head, events: events(one[1]), next_cursor: null, complete: true };
  }
  const asking = desk(path, query, head, (n) => alert(n, state));
  if (asking !== undefined) return asking;
  const asked = /^\/explain\/([0-9a-f]{32})$/.exec(path);
  if (asked !== null) return explained(asked[1]);
  switch (path) {
    case '/summary':
      return {
        ...head, clock: empty ? null : stamp(END - 1000), state: ['empty', 'learning', 'stalled'].includes(state) ? state : 'live',
        trouble: state === 'stalled' ? 'The disk is full: 0 bytes are left in the state directory.' : null,
        learning: state === 'learning' ? { events: 6214 + tick, needed: 10000 } : null, rate: empty ? 0 : 58.2, now,
        before: window === 'all' || empty ? null : { ...now, events: Math.round(now.events / 1.12), anomalous: Math.round(now.anomalous / 1.41) },
        attackers: { count: total === 0 ? 0 : 612 + tick, before: window === 'all' ? null : 498, estimated: total > 0, error: total > 0 ? 0.0081 : 0 },
        alerts: { ...counts, before: window === 'all' ? null : 30 }, model: model(state, END),
        geo, ignore_labels: false, sources: states(logs), late: state === 'mixed' ? 57 : 0, unobserved_seconds: seconds(holes),
      };
    case '/alerts': {
      const limit = Math.min(total, Number(query.get('limit') ?? 50));
      const asked = lex(query.get('filter') ?? '').find((term) => ['src', 'ip'].includes(term.field) && !term.not);
      if (asked !== undefined) {
        const own = [...Array(total).keys()].map((n) => alert(n, state)).filter((one) => one.source_ip === asked.value).slice(0, 1);
        const of = (severity) => own.filter((one) => one.severity === severity).length;
        return { ...head, counts: { total: own.length, high: of('high'), medium: of('medium'), low: of('low'), none: of('none') }, alerts: own, next_cursor: null };
      }
      return { ...head, counts, alerts: [...Array(limit).keys()].map((n) => alert(n, state)).sort((a, b) => b.score - a.score), next_cursor: limit < total ? 'more' : null };
    }
    case '/timeseries':
      if (query.has('filter')) return { ...head, ...seriesOf(query, first, to) };
      return empty ? { ...head, bucket_seconds: 300, buckets: [], unobserved: [] } : { ...head, ...series, unobserved: holes };
    case '/geo':
      return {
        ...head, points: total === 0 || state === 'nogeo' ? [] : PLACES.map((place) => ({ latitude: place[0], longitude: place[1], country: place[2], ...placed(place) })),
        countries: total === 0 || state === 'nogeo' ? [] : PLACES.map((place) => ({ country: place[2], ...placed(place) })),
        unlocated: state === 'nogeo' ? { private: 343, no_entry: 0, no_database: 3345, no_address: 0 } : { private: total === 0 ? 0 : 343, no_entry: total === 0 ? 0 : 43, no_database: 0, no_address: 0 }, ...geo,
      };
    case '/ports':
      return total === 0 ? { ...head, distinct: 0, sum: now, rows: [] } : { ...head, ...keys(['22', '445', '3389', '23', null, '5060', '443', '6379'], 3688) };
    case '/protocols':
      return total === 0 ? { ...head, distinct: 0, sum: now, rows: [] } : { ...head, ...keys(['SSH', 'SMB', 'RDP', 'TELNET', 'HTTP'], 3688) };
    case '/sources':
      return { ...head, sources: logs, quarantine: quarantineSum(state), unobserved: holes };
    case '/reliability':
      return reliability(state, END, Number(query.get('weeks') ?? 12));
    case '/model':
      return life(state, END);
    case '/drift':
      return drift(state, END);
    case '/canaries':
      return canaries(state, END);
    case '/quarantine':
      return quarantine(state, Number(query.get('limit') ?? 50));
    case '/health':
      return { status: state === 'live' ? 'ok' : state, version: '0.1.0', sequence: head.sequence };
    default:
      return null;
  }
}

// What a POST is answered with.
export function told(state, path, body) {
  return path === '/quarantine/retry' ? retried(state, body.number) : null;
}
