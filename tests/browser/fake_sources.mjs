// Made-up sources and quarantine for every state of the page: well, silent, failed, with a wrong clock, and written by somebody hostile.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REASON_TEXTS = { invalid_json: 'not valid JSON, or cut', missing_timestamp: 'no timestamp', not_an_object: 'JSON, but not an object', torn: 'another record begins inside it' };

export const HOSTILE_NAME = '/data/<img src=x onerror=alert(1)>\u202e\u001b]0;owned\u0007.json';
export const HOSTILE_RECORDS = ['{"username":"<img src=x onerror=alert(1)>","input":"\u001b]0;owned\u0007', "=cmd|' /C calc'!A0", '{"file":"invoice\u202egnp.exe"', '{"eventid":"cowrie.login.failed", '.repeat(200)];

const stamp = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');

function counts(read, { skipped = 0, duplicates = 0, late = 0, reasons = {}, ...more } = {}) {
  const malformed = Object.entries(reasons).reduce((sum, [reason, n]) => sum + (reason === 'no_event' ? 0 : n), 0);
  return {
    read, decoded: read - skipped - malformed, skipped, malformed, duplicates, late, datasets: {}, reasons: skipped > 0 ? { ...reasons, no_event: skipped } : reasons,
    negative_counters: 0, unknown_applications: 0, ...more,
  };
}

function source(end, window, name, format, more = {}) {
  const made = {
    name, kind: 'file', formats: [format], state: 'live', trouble: null, streams: 1, peers: null, identities: ['ab'.repeat(16)], first_event: stamp(end - 25 * HOUR), last_event: stamp(end - 1000),
    last_arrival: stamp(end - 900), rate: 4.6, lag_seconds: 1, bytes_behind: 0, lost: 0, rotations: 0, skew: { state: 'none', seconds: 0, text: null }, future_events: 0, future_seconds: 0,
    shift_seconds: 0, usual_gap_seconds: 300, gaps: [], gaps_total: 0, counts: counts(48_120), window, ...more,
  };
  return { ...made, events: made.counts.decoded - made.counts.duplicates };
}

const gaps = (end, n) => [...Array(n).keys()].map((i) => ({ from: stamp(end - (n - i) * 20 * MINUTE), to: stamp(end - (n - i) * 20 * MINUTE + 7 * MINUTE) }));

const quiet = (end) => ({
  state: 'silent', rate: 0, last_event: stamp(end - 23 * MINUTE), last_arrival: stamp(end - 23 * MINUTE), lag_seconds: 1380, usual_gap_seconds: 120, gaps: [{ from: stamp(end - 23 * MINUTE), to: stamp(end) }], gaps_total: 1,
});
const broken = { state: 'failed', trouble: 'permission denied', rate: 0, lag_seconds: null, bytes_behind: null, last_arrival: null };
const ahead = { skew: { state: 'steady', seconds: 7200, text: '2 h ahead of the time of arrival: is its time zone right?' }, future_events: 412, future_seconds: 7203 };

// One of each kind and state, with what attackers would write.
function mixed(end, window, tick) {
  return [
    source(end, window, '/data/suricata/eve.json', 'suricata', { rate: 52.1, rotations: 3, streams: 4, counts: counts(1_203_441 + tick, { skipped: 20_311, duplicates: 4100, late: 57, unknown_applications: 3 }) }),
    source(end, window, '/data/cowrie/cowrie.json', 'cowrie', quiet(end)),
    source(end, window, '/data/flows/TestbedMonJun14Flows.csv', 'iscx', { state: 'behind', rate: 18_400, lag_seconds: 5400, bytes_behind: 812_000_000, shift_seconds: -93_600, counts: counts(440_122, { negative_counters: 7 }) }),
    source(end, window, HOSTILE_NAME, 'dionaea', { ...broken, trouble: 'permission denied\u001b[2J', counts: counts(12, { reasons: { invalid_json: 9, torn: 3 } }) }),
    source(end, window, 'syslog+udp:127.0.0.1:5514', 'suricata', { kind: 'syslog+udp', bytes_behind: null, peers: 2, lost: 31, ...ahead }),
    source(end, window, '/data/zeek/conn.log', 'zeek', { state: 'waiting', rate: 0, first_event: null, last_event: null, last_arrival: null, lag_seconds: null, counts: counts(0), formats: [], usual_gap_seconds: null }),
    source(end, window, 'sensor-2', 'never_heard_of', { kind: 'push', state: 'idle', rate: 0, bytes_behind: null, gaps: gaps(end, 12).slice(0, 10), gaps_total: 12 }),
    source(end, window, '/archive/cowrie.json.1.gz', 'cowrie', { state: 'ended', rate: 0, bytes_behind: 0, lag_seconds: null, skew: { state: 'unknown', seconds: 0, text: null } }),
  ];
}

function four(end, window, tick, second = {}) {
  return ['/data/eve.json suricata', '/data/cowrie.json cowrie', '/data/dionaea.json dionaea', '/data/edge.csv iscx'].map((entry, i) => {
    const [name, format] = entry.split(' ');
    const reasons = i === 1 ? { invalid_json: 9, missing_timestamp: 3 } : {};
    return source(end, window, name, format, { counts: counts(4000 * (i + 1) + tick, { reasons }), ...(i === 1 ? second : {}) });
  });
}

export function sources(state, end, window, tick) {
  if (state === 'empty') return [];
  if (state === 'mixed') return mixed(end, window, tick);
  const second = { silent: quiet(end), blind: quiet(end), failed: broken, clock: ahead }[state] ?? {};
  const all = four(end, window, tick, second);
  return state === 'blind' ? all.map((one) => ({ ...one, ...quiet(end), usual_gap_seconds: 300 })) : all;
}

export function states(all) {
  const found = { total: all.length, live: 0, behind: 0, silent: 0, failed: 0, waiting: 0, idle: 0, ended: 0 };
  for (const { state } of all) found[state]++;
  return found;
}

export function quarantineSum(state) {
  const records = { empty: 0, calm: 0, mixed: 240 }[state] ?? 12;
  return { records, bytes: records * 1180, dropped: state === 'mixed' ? 1911 : 0, records_max: 10_000, bytes_max: 67_108_864 };
}

export function quarantine(state, limit) {
  const { records: total } = quarantineSum(state);
  const reasons = Object.keys(REASON_TEXTS);
  const records = [...Array(Math.min(limit, total)).keys()].map((i) => {
    const reason = reasons[i % (state === 'mixed' ? 4 : 2)];
    const hostile = state === 'mixed';
    return {
      number: total - i, source: hostile && i % 2 === 0 ? HOSTILE_NAME : '/data/cowrie.json', format: 'cowrie', offset: 918_000 - i * 731, reason, reason_text: REASON_TEXTS[reason],
      record: hostile ? HOSTILE_RECORDS[i % HOSTILE_RECORDS.length] : '{"eventid":"cowrie.login.failed","src_ip":"198.51.100.7","username":"ro', ...(hostile && i === 5 ? { record: '{"input":"\\x80\\xff\\xfe', record_base64: 'eyJpbnB1dCI6IoD//g==' } : {}),
    };
  });
  return { records, next_before: records.length < total ? records.at(-1).number : null, quarantine: quarantineSum(state) };
}

// What trying again came to: of all a quarter can be read now, a single one can't.
export function retried(state, number) {
  const read = number === undefined ? quarantineSum(state).records : 1;
  const malformed = number === undefined ? read - Math.floor(read / 4) : 1;
  return { ...counts(read, { reasons: { invalid_json: malformed } }), sequence: 1 };
}
