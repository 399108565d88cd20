// One event: why it stands out, all that was read of it, what nobody measured, and what its source did before and after.
import { useState } from 'preact/hooks';
import type { Alert } from '../api';
import type { Brief, OneEvent } from '../answers';
import { useDesk } from '../desk';
import { headline, kindOf, plain, unified } from '../eventwords';
import { NOTHING, clock, count, date, ms, sameDay, score, visible, zoneName } from '../format';
import { rangeOf } from '../observed';
import { attack, country, log, rule, service } from '../names';
import { coverageWords, oddWords } from '../reliability';
import type { State } from '../state';
import type { Place } from '../url';
import { Ordinary } from './ordinary';
import { Failed } from './panel';
import { SeverityWord, Sign } from './signs';
import { Value } from './value';
import { Evidence, Features } from './why';

const AROUND_MS = 120_000;
const ATTRIBUTE_FIELDS: Record<string, string> = {
  username: 'user', password: 'password', input: 'command', url: 'url', shasum: 'sha256', sha256: 'sha256', hassh: 'hassh', signature: 'signature', session: 'session', flow_id: 'session', eventid: 'kind', event_type: 'kind', version: 'client',
};

function Link({ to, children, current }: { to: Partial<Place>; children: preact.ComponentChildren; current?: boolean }) {
  const desk = useDesk();
  return <a href={desk.href(to)} aria-current={current ? 'true' : undefined} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go(to); }}>{children}</a>;
}

function title({ event }: OneEvent): string {
  const target = event.destination_ip === null ? '' : ` to ${event.destination_ip}${event.destination_port === null ? '' : `, port ${event.destination_port}${service(event.destination_port) === '' ? '' : ` ${service(event.destination_port)}`}`}`;
  return `${event.source_ip ?? log(event.dataset)}${target}: ${visible(headline(event)) || kindOf(event)}`;
}

function Fields({ event }: { event: OneEvent['event'] }) {
  const all = unified(event);
  const missing = all.filter(([, , value]) => value === null).map(([name]) => name);
  return (
    <>
      <dl class="fields" id="fields">
        <div><dt>event_time</dt><dd>{event.event_time}</dd></div>
        {all.flatMap(([name, field, value]) => (value === null ? [] : [<div key={name}><dt>{name}</dt><dd>{field === null ? visible(value) : <Value field={field} value={value} always />}</dd></div>]))}
        {event.source && <div><dt>source</dt><dd><Value field="source" value={event.source} always /></dd></div>}
        {event.country && <div><dt>country</dt><dd><Value field="country" value={event.country} always>{country(event.country)}</Value></dd></div>}
        <div><dt>event_id</dt><dd class="bytes">{event.event_id}</dd></div>
      </dl>
      <p class="note" id="missing">{missing.length === 0 ? 'Every unified field was measured.' : `Not measured by ${log(event.dataset)}: ${missing.join(', ')}. What is missing counts neither for nor against.`}</p>
    </>
  );
}

function Attributes({ event }: { event: OneEvent['event'] }) {
  const all = Object.entries(event.attributes).filter(([, value]) => value !== null);
  if (all.length === 0) return null;
  return (
    <section aria-labelledby="attributes-h">
      <h3 id="attributes-h">What this log says besides</h3>
      <dl class="fields">
        {all.map(([name, value]) => {
          const field = ATTRIBUTE_FIELDS[name];
          const text = plain(value);
          return <div key={name}><dt>{visible(name)}</dt><dd class="bytes">{field !== undefined && text !== '' ? <Value field={field} value={field === 'kind' ? text.replace(/^cowrie\./, '') : text} always>{visible(text)}</Value> : visible(text)}</dd></div>;
        })}
      </dl>
    </section>
  );
}

function Raw({ raw }: { raw: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(raw);
      setSaid('Copied.');
    } catch {
      setSaid('The browser doesn’t let it be copied.');
    }
  };
  return (
    <section aria-labelledby="raw-h">
      <div class="split-h"><h3 id="raw-h">The record as it was read</h3><span><span class="dim" role="status">{said}</span> <button type="button" class="btn" onClick={() => void copy()}>Copy</button></span></div>
      <pre class="raw" tabIndex={0} aria-label="The record as it was read">{visible(raw, true)}</pre>
    </section>
  );
}

function Line({ brief, at }: { brief: Brief; at: number }) {
  const time = ms(brief.event_time);
  return (
    <li>
      <Link to={{ view: 'event', event: brief.event_id }}>{sameDay(time, at) ? '' : `${date(time)} `}{clock(time)}</Link>
      <span class="gist">{brief.destination_ip ?? NOTHING}{brief.destination_port === null ? '' : <span class="dim">:{brief.destination_port}</span>} <span class="dim">{visible((brief.kind ?? '').replace(/^cowrie\./, ''))}</span></span>
      <span class="num">{brief.severity === 'none' ? '' : <Sign of={brief.severity} />} {score(brief.anomaly_score)}</span>
    </li>
  );
}

// Its source's events in their order, this one among them.
function Around({ one }: { one: OneEvent }) {
  const { event, before, after } = one;
  const at = ms(event.event_time);
  const ordered = (list: readonly Brief[]) => [...list].sort((a, b) => ms(a.event_time) - ms(b.event_time));
  return (
    <section aria-labelledby="around-h">
      <h3 id="around-h">From the same source</h3>
      <ol class="around" id="around">
        {ordered(before).map((brief) => <Line key={brief.event_id} brief={brief} at={at} />)}
        <li class="is-this" aria-current="true"><b>{clock(at)}</b><span class="gist">this event</span><span class="num">{score(event.anomaly_score)}</span></li>
        {ordered(after).map((brief) => <Line key={brief.event_id} brief={brief} at={at} />)}
      </ol>
      {before.length + after.length === 0 && <p class="dim">Nothing else of it is stored.</p>}
    </section>
  );
}

function Elsewhere({ event }: { event: OneEvent['event'] }) {
  const at = ms(event.event_time);
  const around = rangeOf({ from: at - AROUND_MS, to: at + AROUND_MS });
  const session = event.attributes['session'];
  return (
    <ul class="links">
      {event.source_ip !== null && <li><Link to={{ view: 'address', ip: event.source_ip }}>Everything about {event.source_ip}</Link></li>}
      {event.source_ip !== null && typeof session === 'string' && session !== '' && <li><Link to={{ view: 'address', ip: event.source_ip, session }}>Its session as it happened</Link></li>}
      {event.destination_ip !== null && <li><Link to={{ view: 'address', ip: event.destination_ip }}>Everything about {event.destination_ip}</Link></li>}
      <li><Link to={{ view: 'events', range: around, filter: '' }}>All events within two minutes</Link></li>
      {event.alert_id !== null && <li><Link to={{ view: 'events', range: { window: 'all' }, filter: `alert:${event.alert_id}` }}>The events of its alert</Link></li>}
    </ul>
  );
}

function Why({ event }: { event: OneEvent['event'] }) {
  const said = [event.anomaly_score === null ? 'It has no score.' : `Score ${score(event.anomaly_score)}.`, oddWords(event), coverageWords(event)].filter((part) => part !== '').join(' ');
  return (
    <section aria-labelledby="why-h">
      <h3 id="why-h">{event.by === null ? 'How odd it is' : 'Why it stands out'}</h3>
      <p class="sub" id="odd">{said}{event.late ? ' It came later than events are waited for.' : ''}</p>
      {event.finding !== null && <><p class="reason"><span class="tag">{rule(event.finding.name).words}</span> {visible(event.finding.words)}</p><Evidence finding={event.finding} /></>}
      {event.features.length > 0 && <Features alert={event as unknown as Alert} />}
      {event.features.length === 0 && event.anomaly_score !== null && <p class="dim">Its figures were not kept: they are of events that are anomalous by their score.</p>}
      {event.p_value !== null && <div class="ask"><Ordinary id={event.event_id} key={event.event_id} /></div>}
    </section>
  );
}

// The model of then, which need not be the one of now.
function ScoredBy({ digest, current }: { digest: string | null; current: string | null }) {
  const name = (of: string) => <Link to={{ view: 'model' }}>{of.slice(0, 8)}</Link>;
  if (digest === null) return <span id="scored-by">Scored by a model that is not known any more</span>;
  return <span id="scored-by">Scored by model {name(digest)}{current !== null && current !== digest && <>; another one is in force now, {name(current)}</>}</span>;
}

export function EventView({ state, retry }: { state: State; retry(): void }) {
  const { data, problem } = state.panels.oneEvent;
  const one = data?.event.event_id === state.place.event ? data : null;
  if (one === null) return <div class="page-head" key="reading"><h2 class="page-title">Event</h2>{problem !== null ? <Failed what="The event" problem={problem} retry={retry} /> : <p class="dim">Reading …</p>}</div>;
  const { event } = one;
  const at = ms(event.event_time);
  return (
    <>
      <div class="page-head" key="read">
        <h2 class="page-title">{event.by !== null && <Sign of={event.severity} />}{title(one)}</h2>
        <p class="facts-line">
          {event.by !== null && <SeverityWord of={event.severity} />}
          <span>Score <b>{score(event.anomaly_score)}</b></span>
          <span>{date(at)}, <b>{clock(at)}</b> {zoneName(at)}</span>
          <span>{log(event.dataset)}</span>
          {event.attack_type !== null && <span>{attack(event.attack_type)}</span>}
          {event.p_value !== null && <ScoredBy digest={event.scored_by} current={state.panels.summary.data?.model?.digest ?? null} />}
          <span class="dim">{event.by === null ? 'not anomalous' : `anomalous by ${event.by === 'both' ? 'label and score' : event.by}`}</span>
        </p>
      </div>
      <div class="event-cols">
        <div class="main-col">
          <Why event={event} />
          <section aria-labelledby="fields-h"><h3 id="fields-h">All fields</h3><Fields event={event} /></section>
          <Attributes event={event} />
          {event.raw !== null && <Raw raw={event.raw} />}
        </div>
        <aside class="side" aria-label="Beside it">
          <Around one={one} />
          <section aria-labelledby="else-h"><h3 id="else-h">Go on from here</h3><Elsewhere event={event} /></section>
          <p class="dim" key="n">{count(one.before.length)} before and {count(one.after.length)} after it are told.</p>
        </aside>
      </div>
    </>
  );
}
