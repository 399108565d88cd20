// Made-up findings, explanations, ledgers, drift and canaries.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const stamp = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
const digest = (n) => n.toString(16).padStart(8, '0').repeat(4);

export const FINDINGS = [
  { name: 'scan_vertical', words: 'Turned to 1024 ports of one host within 2 minutes.', counted: 1024, limit: 30, seconds: 118, p: 1.7e-8, also: ['surge'] },
  { name: 'flood', words: '640 addresses at once, with 5200 connections within a minute; usual is up to 12.', counted: 640, limit: 80, seconds: 60, p: 3e-7, also: [] },
  { name: 'brute_force_success', words: 'Logged in after 411 failed attempts in 9 minutes with 37 passwords.', counted: 411, limit: 20, seconds: 547, p: 4.7e-8, also: ['brute_force'] },
  { name: 'exfiltration', words: '3.8 GB sent in 12 connections to an address and port first seen 40 minutes ago.', counted: 3.8e9, limit: 1e8, seconds: 2400, p: 1.4e-8, also: [] },
  { name: 'scan_horizontal', words: 'Turned to 31 hosts within a minute.', counted: 31, limit: 30, seconds: 58, p: 1.9e-5, also: ['never_heard_of'] },
];

// The first alerts become findings: of a source wherever it went, of a target whoever turned to it; the next one is from before
// p-values were kept, and one the model could not score.
export function withFindings(alert, n) {
  const finding = FINDINGS[n];
  const found = { ...alert, finding, reason: finding?.words, reason_key: finding?.name, severity: 'high', score: 1 - (finding?.p ?? 0), p_value: n === 2 ? null : 0.4 };
  if (n === 0 || n === 4) return { ...found, destination_port: null };
  if (n === 1) return { ...found, source_ip: null, country: null, geo: 'no_address', destination_ip: '192.0.2.10', destination_port: 80 };
  if (finding !== undefined) return found;
  return n === 5 ? { ...alert, score: 0.93, p_value: null, features: [] } : alert;
}

const feature = (name, words, unit, value, low, median, high, share, nearest) => ({ feature: name, words, unit, share, value, low, median, high, nearest });

export function explained(id, change = {}) {
  const explanation = {
    model: digest(7777), same_model: true, p_value: 5e-5, rate: 1e-3, ordinary: false, has_nearest: true,
    features: [
      feature('kind_rarity', 'rarity of this kind of event', '', 0.0003, 0.04, 0.18, 0.22, 0.5, 0.18), feature('total_bytes', 'bytes both ways', 'B', 3.8e9, 400, 5200, 25e6, 0.3, 6100),
      feature('src_failed_10m', 'share of the source’s events in 10 minutes that failed', '', 0.998, 0.02, 0.1, 0.5, 0.1, 0.1), feature('dst_port_is_common', 'to a common port', '', 0, 0, 1, 1, 0.06, 1),
      feature('duration', 'duration', 's', null, 0.1, 3, 60, 0.04, null),
    ],
    counterfactuals: [
      { words: 'Had it sent at most 1.2 MB, it would be ordinary.', changes: [{ feature: 'total_bytes', value: 1.2e6, until: 0 }] },
      { words: 'Had its kind of event been one that makes up about 4 % of what was learnt, it would be ordinary.', changes: [{ feature: 'kind_rarity', value: 0.04, until: 0.3 }] },
    ],
  };
  return {
    sequence: 1000, alert_id: id, event_id: id, scored_by: digest(7777), anomaly_score: 0.99995, p_value: 5e-5, features_used: 22, features_total: 46, partial: false, is_anomaly: true, severity: 'high',
    finding: null, reason: '', why_not: change.why_not ?? null, explanation: change.explanation === null ? null : { ...explanation, ...change.explanation },
  };
}

const kinds = (rows, hostile) => [
  { kind: 'suricata_flow', rows, recent: 5000, edge: 12, seen: rows * 9, sources: [{ source: '/data/eve.json', rows: rows - 1200 }, { source: hostile, rows: 1200 }] },
  { kind: 'cowrie', rows: 9214, recent: 4000, edge: 3, seen: 80_000, sources: [{ source: '/data/cowrie.json', rows: 9214 }] },
];

const HOSTILE = '/data/<img src=x onerror=alert(1)>\u202e.json';
const REASONS = ['first', 'growth', 'due', 'due', 'drift', 'rollback', 'due', 'late', 'due', 'due', 'drift'];

function ledger(end) {
  return REASONS.map((reason, i) => ({
    digest: i === REASONS.length - 1 ? '4f1c90a9'.repeat(4) : digest(i + 10), parent: i === 0 ? null : digest(i + 9), from_sequence: i * 70_000, from: i === 0 ? null : stamp(end - (REASONS.length - i) * DAY), reason,
    rows: 12_000 + i * 4000, reference: i === 0, alerts: i * 3, kept: i === 0 || i > 3, learnt_from: i === 5 ? null : { seed: 1, kinds: kinds(20_000 + i * 1000, HOSTILE) },
  })).reverse();
}

export function life(state, end) {
  if (state === 'empty' || state === 'learning') return { sequence: 1, model: null, learning: state === 'empty' ? null : { refit_seconds: 86_400, paused: false, under_way: null, divergence: null }, ledger: [] };
  const apart = { events: 412_000, apart: 320, now_ordinary: 300, now_alarm: 41 };
  return {
    sequence: 1000, model: null,
    learning: { refit_seconds: 86_400, paused: false, under_way: { reason: 'drift', from_sequence: 900_000 }, divergence: { ...apart, sources: [{ source: '/data/eve.json', events: 400_000, apart: 300, now_ordinary: 290, now_alarm: 40 }, { source: HOSTILE, events: 12_000, apart: 20, now_ordinary: 10, now_alarm: 1 }] } },
    ledger: ledger(end),
  };
}

function hours(end, n, marked) {
  const last = Math.floor(end / HOUR) * HOUR;
  return [...Array(n).keys()].filter((i) => i % 29 !== 3).map((i) => {
    const mark = marked && i > n - 9 && i % 2 === 0;
    const checks = i % 3 === 0 || mark ? 1 : 0;
    return { hour: stamp(last - (n - 1 - i) * HOUR), events: 900 + ((i * 131) % 400), bins: Array(20).fill(50), checks, marks: mark ? 1 : 0, distance: checks === 0 ? 0 : mark ? 0.2 + (i % 5) * 0.03 : 0.02 + (i % 7) * 0.008, significance: mark ? 2e-7 : 0.4 };
  });
}

export function drift(state, end) {
  if (state === 'empty' || state === 'learning') return { sequence: 1, kinds: [] };
  return { sequence: 1000, kinds: [{ kind: 'suricata_flow', hours: hours(end, 168, true) }, { kind: 'cowrie', hours: hours(end, 168, false) }, { kind: 'dionaea', hours: hours(end, 1, false).map((hour) => ({ ...hour, checks: 0, distance: 0 })) }] };
}

export function canaries(state, end) {
  if (state !== 'live') return { sequence: 1, enabled: false, every_hours: null, needs_flows: false, kinds: [] };
  const last = (found) => ({ time: stamp(end - 5 * HOUR), found, by: found ? 'scan_horizontal' : null, seconds_to_alert: found ? 14.2 : null });
  const kind = (name, words, injected, found, seconds) => ({ kind: name, words, injected, found, missed: injected - found, median_seconds_to_alert: found === 0 ? null : seconds, last: injected === 0 ? null : last(found === injected) });
  return { sequence: 1000, enabled: true, every_hours: 6, needs_flows: false, kinds: [kind('scan', 'scan', 12, 12, 9), kind('brute_force', 'brute force', 12, 11, 48), kind('beacon', 'beaconing', 3, 0, 0), kind('flood', 'flood', 0, 0, 0)] };
}
