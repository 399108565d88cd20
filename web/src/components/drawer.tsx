// One alert beside the list that it came from: why, what, and its events as they were read. Everything is a text node.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api';
import type { Alert, Event, Feature, Json } from '../api';
import { NOTHING, clock, count, counted, date, ms, odds, percent, sameDay, score, visible } from '../format';
import { attack, country, featureValue, hasRange, log, service } from '../names';
import type { Drawer as DrawerState } from '../state';
import { coverageWords, oddWords, unexplained } from '../reliability';
import { splitWords } from '../words';
import { Failed } from './panel';
import { Icon, SeverityWord } from './signs';

// Where a value lies on a line that holds the usual range and the value, in percent.
function scaleOf(feature: Feature): (value: number) => string {
  const values = [feature.value, feature.low, feature.high, feature.median].filter((value): value is number => value !== null);
  const wide = Math.max(...values) > 50 * Math.max(1e-9, Math.min(...values)) && Math.min(...values) >= 0 && Math.max(...values) > 1;
  const shape = wide ? Math.log1p : (value: number) => value;
  const low = Math.min(...values.map(shape));
  const high = Math.max(...values.map(shape));
  const room = high > low ? high - low : 1;
  return (value) => `${4 + ((shape(value) - low) / room) * 92}%`;
}

function Ranger({ feature }: { feature: Feature }) {
  if (!hasRange(feature)) return null;
  const at = scaleOf(feature);
  const { low, high, median, value } = feature;
  if (value === null || low === null || high === null) return null;
  return (
    <div class="ranger" aria-hidden="true">
      <i style={{ '--a': at(low), '--b': at(high) }} />
      {median !== null && <u style={{ '--m': at(median) }} />}
      <b class={value < low || value > high ? 'out' : ''} style={{ '--x': at(value) }} />
    </div>
  );
}

function usual(feature: Feature): string {
  if (feature.low === null || feature.high === null) return 'not known';
  if (!hasRange(feature)) return featureValue(feature, feature.median);
  const low = featureValue(feature, feature.low);
  const high = featureValue(feature, feature.high);
  return low === high ? low : `${low} – ${high}`;
}

function Features({ alert }: { alert: Alert }) {
  if (alert.features.length === 0) return <p class="dim">{unexplained(alert)}</p>;
  return (
    <table class="feats">
      <caption class="vh">Leading features with their usual range</caption>
      <thead class="vh"><tr><th scope="col">Feature and usual range</th><th scope="col">Usual range</th><th scope="col">This event</th><th scope="col">Share of the score</th></tr></thead>
      <tbody>
        {alert.features.map((feature) => (
          <tr key={feature.feature}>
            <td class="f">{feature.words}<small>usual {usual(feature)}</small></td>
            <td class="rng"><Ranger feature={feature} /></td>
            <td class="num"><b>{featureValue(feature, feature.value)}</b></td>
            <td class="num dim">{percent(feature.share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function where(alert: Alert): string {
  if (alert.geo === 'private') return 'a private address';
  if (alert.geo === 'no_entry') return 'not in the database';
  if (alert.geo === 'no_database') return 'no database';
  if (alert.geo === 'no_address') return 'no address';
  return [alert.city === null ? '' : visible(alert.city), country(alert.country)].filter((part) => part !== '').join(', ');
}

function Facts({ alert }: { alert: Alert }) {
  const first = ms(alert.first_time);
  const last = ms(alert.last_time);
  const facts: [string, string][] = [
    ['Seen', sameDay(first, last) ? `${date(first)}, ${clock(first)} – ${clock(last)}` : `${date(first)} ${clock(first)} – ${date(last)} ${clock(last)}`],
    ['Events', `${count(alert.count)}: by ${splitWords(alert)}`],
    ['Source', `${alert.source_ip ?? NOTHING}, ${where(alert)}`],
    ['Target', `${alert.destination_ip ?? NOTHING}${alert.destination_port === null ? '' : `, port ${alert.destination_port} ${service(alert.destination_port)}`}`],
    ['Protocol', [alert.application_protocol, alert.protocol].filter((name) => name !== null).join(' over ') || NOTHING],
    ['Model', alert.model === null ? NOTHING : alert.model.slice(0, 8)],
    ['Log', `${log(alert.dataset)}${alert.attack_type === null ? '' : `, ${attack(alert.attack_type)}`}`],
  ];
  return (
    <dl class="facts-list">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{visible(value)}</dd></div>)}
    </dl>
  );
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

// The line of an event: what its source found worth saying.
function headline(event: Event): string {
  const a = event.attributes;
  const text = (name: string) => (a[name] === undefined || a[name] === null || a[name] === '' ? '' : plain(a[name] as Json));
  const login = text('username') !== '' || text('password') !== '' ? `${text('username')} / ${text('password')}` : '';
  return [text('input'), login, text('signature'), text('url')].find((part) => part !== '') ?? (text('eventid') || text('event_type') || attack(event.attack_type) || log(event.dataset));
}

// What links a record to the others of its subject: Suricata's flow, Cowrie's session.
function subject(event: Event): { word: string; key: string } | null {
  const key = event.attributes.flow_id ?? event.attributes.session;
  return typeof key === 'string' && key !== '' ? { word: event.attributes.flow_id ? 'flow' : 'session', key } : null;
}

const LINKED_MAX = 50;
const LINKED_AROUND_MS = 3_600_000;

function Linked({ event }: { event: Event }) {
  const [found, setFound] = useState<Event[] | string | null>(null);
  const of = subject(event);
  if (of === null) return null;
  const look = async () => {
    setFound([]);
    const at = ms(event.event_time);
    const around = { from: new Date(at - LINKED_AROUND_MS).toISOString(), to: new Date(at + LINKED_AROUND_MS).toISOString() };
    try {
      const page = await ask<{ events: Event[] }>('/events', { ...around, session: of.key, limit: LINKED_MAX });
      setFound(page.events.filter((other) => other.dataset === event.dataset));
    } catch (problem) {
      setFound(problem instanceof Error ? problem.message : String(problem));
    }
  };
  if (found === null) return <button type="button" class="btn" onClick={look}>Everything of this {of.word}</button>;
  if (typeof found === 'string') return <p class="note" role="status">{visible(found)}</p>;
  return (
    <ul class="log" aria-label={`Records of ${of.word} ${visible(of.key)} within an hour`}>
      {found.map((other) => (
        <li key={other.event_id}>
          <span class="t">{clock(ms(other.event_time))}</span> <span class="bytes">{visible(headline(other))}</span>
          {other.event_id === event.event_id ? <span class="tag">this one</span> : null}
        </li>
      ))}
    </ul>
  );
}

function EventRow({ event, open }: { event: Event; open: boolean }) {
  const attributes = Object.entries(event.attributes).filter(([, value]) => value !== null);
  return (
    <li>
      <details open={open}>
        <summary><span class="t">{clock(ms(event.event_time))}</span> <span class="bytes">{visible(headline(event))}</span> {event.late ? <span class="tag" title="It came later than events are waited for">late</span> : <span />} <span class="dim">{event.p_value === null ? '' : odds(event.p_value)}</span></summary>
        <p class="odd dim">{[event.anomaly_score === null ? '' : `Score ${score(event.anomaly_score)}.`, oddWords(event.p_value), coverageWords(event)].filter((part) => part !== '').join(' ')}</p>
        {attributes.length > 0 && (
          <dl class="facts-list">
            {attributes.map(([name, value]) => <div key={name}><dt>{visible(name)}</dt><dd class="bytes">{visible(plain(value))}</dd></div>)}
          </dl>
        )}
        <Linked event={event} />
        {event.raw !== null && <pre class="raw" tabIndex={0} aria-label="The record as it was read">{visible(event.raw, true)}</pre>}
      </details>
    </li>
  );
}

interface DrawerProps {
  id: string;
  drawer: DrawerState;
  close(): void;
  retry(): void;
}

export function Drawer({ id, drawer, close, retry }: DrawerProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [id]);
  const alert = drawer.alert.data?.alert_id === id ? drawer.alert.data : null;
  const events = drawer.events.data?.events ?? [];
  return (
    <div class="drawer" id="drawer" role="dialog" aria-labelledby="drawer-title" tabIndex={-1} ref={box}>
      <div class="split-h">
        {alert === null ? <span /> : <span><SeverityWord of={alert.severity} /> <span class="dim">score {score(alert.score)}</span></span>}
        <button type="button" class="btn bare" onClick={close}>Close <Icon of="close" /></button>
      </div>
      <h2 id="drawer-title">
        {alert === null ? 'Alert' : `${alert.source_ip ?? 'An unknown address'} to ${alert.destination_ip ?? 'an unknown one'}${alert.destination_port === null ? '' : `, port ${alert.destination_port}`}`}
      </h2>
      {drawer.alert.problem && <Failed what="The alert" problem={drawer.alert.problem} retry={retry} />}
      {alert !== null && (
        <>
          <p class="reason">{visible(alert.reason)}</p>
          <p class="odd" id="odd">{oddWords(alert.p_value)} <span class="dim">{coverageWords(alert)}</span></p>
          <h3>Why it stands out</h3>
          <Features alert={alert} />
          {alert.learned_in_sample && <p class="note">It was among the events that the model learnt from.</p>}
          <h3>What is known</h3>
          <Facts alert={alert} />
          <h3>{events.length < alert.count ? `The last ${counted(events.length, 'event')} of ${count(alert.count)}` : counted(events.length, 'event')}</h3>
          {drawer.events.problem && <Failed what="Its events" problem={drawer.events.problem} retry={retry} />}
          <ol class="log">
            {events.map((event, i) => <EventRow key={event.event_id} event={event} open={i === 0} />)}
          </ol>
        </>
      )}
    </div>
  );
}
