// One alert beside the list that it came from: why, what, and its events as they were read. Everything is a text node.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api';
import type { Alert, Event } from '../api';
import { NOTHING, clock, count, counted, date, ms, odds, sameDay, score, visible } from '../format';
import { rangeOf } from '../observed';
import { attack, country, log, manySources, manyTargets, rule, service } from '../names';
import { useDesk } from '../desk';
import { headline, plain } from '../eventwords';
import type { Drawer as DrawerState } from '../state';
import { coverageWords, oddness, oddWords } from '../reliability';
import { fromTo, splitWords } from '../words';
import { Ordinary } from './ordinary';
import { Failed } from './panel';
import { Icon, SeverityWord } from './signs';
import { Evidence, Features } from './why';

function where(alert: Alert): string {
  if (alert.geo === 'private') return 'a private address';
  if (alert.geo === 'no_entry') return 'not in the database';
  if (alert.geo === 'no_database') return 'no database';
  if (alert.geo === 'no_address') return 'no address';
  return [alert.city === null ? '' : visible(alert.city), country(alert.country)].filter((part) => part !== '').join(', ');
}

function beyond(alert: Alert): string {
  const more = manyTargets(alert);
  return more === null ? '' : `, ${more}`;
}

function Facts({ alert }: { alert: Alert }) {
  const first = ms(alert.first_time);
  const last = ms(alert.last_time);
  const facts: [string, string][] = [
    ['Seen', sameDay(first, last) ? `${date(first)}, ${clock(first)} – ${clock(last)}` : `${date(first)} ${clock(first)} – ${date(last)} ${clock(last)}`],
    ['Events', `${count(alert.count)}: by ${splitWords(alert)}`],
    ['Source', alert.source_ip === null ? manySources(alert) ?? NOTHING : `${alert.source_ip}, ${where(alert)}`],
    ['Target', `${alert.destination_ip ?? NOTHING}${alert.destination_port === null ? beyond(alert) : `, port ${alert.destination_port} ${service(alert.destination_port)}`}`],
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
    const around = rangeOf({ from: at - LINKED_AROUND_MS, to: at + LINKED_AROUND_MS });
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

function EventLink({ id }: { id: string }) {
  const desk = useDesk();
  const to = { view: 'event' as const, event: id };
  return <a class="btn" href={desk.href(to)} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go(to); }}>All of this event</a>;
}

function EventRow({ event, open }: { event: Event; open: boolean }) {
  const attributes = Object.entries(event.attributes).filter(([, value]) => value !== null);
  return (
    <li>
      <details open={open}>
        <summary><span class="t">{clock(ms(event.event_time))}</span> <span class="bytes">{visible(headline(event))}</span> {event.late ? <span class="tag" title="It came later than events are waited for">late</span> : <span />} <span class="dim">{event.p_value === null ? '' : odds(event.p_value)}</span></summary>
        <p class="odd dim">{[event.anomaly_score === null ? '' : `Score ${score(event.anomaly_score)}.`, oddWords(event), coverageWords(event)].filter((part) => part !== '').join(' ')}</p>
        {attributes.length > 0 && (
          <dl class="facts-list">
            {attributes.map(([name, value]) => <div key={name}><dt>{visible(name)}</dt><dd class="bytes">{visible(plain(value))}</dd></div>)}
          </dl>
        )}
        {event.finding !== null && <p class="odd">{visible(event.finding.words)}</p>}
        <div class="ask"><EventLink id={event.event_id} /><Linked event={event} />{event.p_value !== null && <Ordinary id={event.event_id} />}</div>
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
        {alert === null ? 'Alert' : fromTo(alert)}
      </h2>
      {drawer.alert.problem && <Failed what="The alert" problem={drawer.alert.problem} retry={retry} />}
      {alert !== null && (
        <>
          <p class="reason">{alert.finding !== null && <><span class="tag">{rule(alert.finding.name).words}</span>{' '}</>}{visible(alert.reason)}</p>
          <p class="odd" id="odd">{oddness(alert).nominal !== null && alert.p_value !== null && 'By the model’s score alone: '}{oddWords(alert)} <span class="dim">{coverageWords(alert)}</span></p>
          {alert.finding !== null && <Evidence finding={alert.finding} />}
          <h3>{alert.finding === null ? 'Why it stands out' : 'What else stands out'}</h3>
          <Features alert={alert} />
          <div class="ask"><Ordinary id={id} key={id} /></div>
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
