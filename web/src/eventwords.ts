// What an event says for itself, and what it has no word of.
import type { Event, Json } from './api';
import type { Row } from './answers';
import { bytes, count, lasting, quantity } from './format';
import { attack, log } from './names';

export function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function attribute(event: Event, name: string): string {
  const value = event.attributes[name];
  return value === undefined || value === null || value === '' ? '' : plain(value);
}

// The line of an event: what its source found worth saying.
export function headline(event: Event): string {
  const text = (name: string) => attribute(event, name);
  const login = text('username') !== '' || text('password') !== '' ? `${text('username')} / ${text('password')}` : '';
  return [text('input'), login, text('signature'), text('url')].find((part) => part !== '') ?? (text('eventid') || text('event_type') || attack(event.attack_type) || log(event.dataset));
}

// What the log itself calls it.
export function kindOf(event: Event): string {
  return attribute(event, 'eventid') || attribute(event, 'event_type') || log(event.dataset);
}

// What a row of the list says beside its columns: the log's own word for it, and what it found worth saying.
export function gist(event: Event): { kind: string; what: string } {
  const kind = kindOf(event);
  const what = headline(event);
  const named = kind === log(event.dataset); // the column says it
  return { kind: named ? '' : kind.replace(/^cowrie\./, ''), what: what === kind || what === attack(event.attack_type) || what === log(event.dataset) ? '' : what };
}

// Of a flow: how much went which way.
export function amounts(event: Row): string {
  const gone = new Set(event.missing ?? []);
  const side = (name: 'bytes_sent' | 'bytes_received', word: string) => (event[name] === null || event[name] === undefined || gone.has(name) ? '' : `${bytes(event[name])} ${word}`);
  return [side('bytes_sent', 'sent'), side('bytes_received', 'received')].filter((part) => part !== '').join(', ');
}

export interface Step {
  who: string;
  what: string;
  decisive: boolean;
}

const HASH_SHOWN = 12;

// One step of a honeypot's session, as a person would tell it. What decides is marked: somebody was let in, something was fetched.
export function step(event: Event): Step {
  const text = (name: string) => attribute(event, name);
  const login = `${text('username')} / ${text('password')}`;
  const hash = text('shasum');
  const file = `${text('url') || text('destfile') || text('filename')}${hash === '' ? '' : `, SHA-256 ${hash.slice(0, HASH_SHOWN)}…`}`;
  switch (text('eventid')) {
    case 'cowrie.session.connect':
      return { who: 'connected', what: event.source_port === null ? '' : `from port ${event.source_port}`, decisive: false };
    case 'cowrie.client.version':
      return { who: 'client', what: text('version'), decisive: false };
    case 'cowrie.login.failed':
      return { who: 'failed', what: login, decisive: false };
    case 'cowrie.login.success':
      return { who: 'let in', what: login, decisive: true };
    case 'cowrie.command.input':
      return { who: 'typed', what: text('input'), decisive: false };
    case 'cowrie.command.failed':
      return { who: 'unknown', what: text('input'), decisive: false };
    case 'cowrie.session.file_download':
      return { who: 'fetched', what: file, decisive: true };
    case 'cowrie.session.file_upload':
      return { who: 'brought', what: file, decisive: true };
    case 'cowrie.direct-tcpip.request':
      return { who: 'tunnel', what: `to ${text('dst_ip')}:${text('dst_port')}`, decisive: true };
    case 'cowrie.session.closed':
      return { who: 'left', what: text('duration') === '' ? '' : `after ${text('duration')} s`, decisive: false };
    default:
      return { who: kindOf(event).replace(/^cowrie\./, ''), what: headline(event), decisive: false };
  }
}

// Steps that follow each other and are alike in kind are told together, as many as they are.
export interface Told extends Step {
  event: Event;
  more: Event[];
}

export function tell(events: readonly Event[]): Told[] {
  const found: Told[] = [];
  for (const event of events) {
    const one = step(event);
    const last = found.at(-1);
    if (last !== undefined && one.who === 'failed' && last.who === 'failed') last.more.push(event);
    else found.push({ ...one, event, more: [] });
  }
  return found;
}


type Figured = [name: string, field: string | null, value: string | null]; // field: of the filter language

// All unified fields but time and names; null: not measured. (A record that has none of it may still bring a zero: `missing` tells.)
export function unified(event: Row): Figured[] {
  const gone = new Set(event.missing ?? []);
  const told = <T>(name: string, value: T | null | undefined, words: (value: T) => string = String): string | null => (value === null || value === undefined || gone.has(name) ? null : words(value));
  const seconds = (value: number) => (value < 60 ? `${quantity(value)} s` : lasting(value));
  return [
    ['dataset', 'dataset', event.dataset], ['source_ip', 'src', told('source_ip', event.source_ip)], ['source_port', 'sport', told('source_port', event.source_port)],
    ['destination_ip', 'dst', told('destination_ip', event.destination_ip)], ['destination_port', 'port', told('destination_port', event.destination_port)],
    ['protocol', 'proto', told('protocol', event.protocol)], ['application_protocol', 'app', told('application_protocol', event.application_protocol)], ['duration', null, told('duration', event.duration, seconds)],
    ['bytes_sent', null, told('bytes_sent', event.bytes_sent, bytes)], ['bytes_received', null, told('bytes_received', event.bytes_received, bytes)],
    ['packets_sent', null, told('packets_sent', event.packets_sent, count)], ['packets_received', null, told('packets_received', event.packets_received, count)],
    ['direction', 'direction', told('direction', event.direction)], ['tcp_flags', null, told('tcp_flags', event.tcp_flags)], ['label', 'label', told('label', event.label)],
    ['attack_type', 'type', told('attack_type', event.attack_type)], ['payload', null, told('payload', event.payload)],
  ];
}
