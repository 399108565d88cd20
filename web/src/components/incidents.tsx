// Alerts that belong together, each with its story; its alerts and events are one key away.
import { useEffect, useState } from 'preact/hooks';
import type { Alert } from '../api';
import type { Incident, OneIncident } from '../answers';
import { useDesk } from '../desk';
import { NOTHING, clock, count, counted, day, minute, ms, sameDay, score, visible } from '../format';
import { attack, country, log, service } from '../names';
import { term } from '../filtertext';
import type { Slot, State } from '../state';
import { INCIDENTS_SHOWN } from '../state';
import { windowIn } from '../url';
import { windowWords } from '../window';
import { Num } from './num';
import { Failed, Section } from './panel';
import { SeverityWord } from './signs';
import { Value } from './value';

const WIDE = '(min-width: 1280px)';
const ALERTS_LISTED = 12;
const PORTS_NAMED = 3;

export function useMedia(query: string): boolean {
  const media = matchMedia(query);
  const [holds, setHolds] = useState(media.matches);
  useEffect(() => {
    const changed = () => setHolds(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, []);
  return holds;
}

export function fromTo(incident: Pick<Incident, 'first_time' | 'last_time'>): string {
  const [a, b] = [ms(incident.first_time), ms(incident.last_time)];
  if (minute(a) === minute(b) && sameDay(a, b)) return minute(a);
  return sameDay(a, b) ? `${minute(a)} – ${minute(b)}` : `${day(a)} ${minute(a)} – ${day(b)} ${minute(b)}`;
}

// The address that the story begins with is set apart, where it does begin with it.
function Story({ incident }: { incident: Incident }) {
  const { source_ip: ip, story } = incident;
  if (ip === null || !story.startsWith(ip)) return <>{visible(story)}</>;
  return <><b>{ip}</b>{visible(story.slice(ip.length))}</>;
}

function meta(incident: Incident): string {
  const types = incident.attack_types.flatMap((one) => (one.attack_type === null ? [] : [attack(one.attack_type)]));
  const ports = incident.ports.flatMap((one) => (one.port === null ? [] : [`${one.port}${service(one.port) === '' ? '' : ` ${service(one.port)}`}`]));
  const more = ports.length - PORTS_NAMED;
  return [
    types.join(', '), incident.datasets.map(log).join(', '), ports.length === 0 ? '' : `port ${ports.slice(0, PORTS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    incident.targets === 0 ? '' : counted(incident.targets, 'target'), counted(incident.alerts, 'alert'),
  ].filter((part) => part !== '').join(' · ');
}

// Where in the page's time it lies.
export function SpanMark({ incident, from, to }: { incident: Pick<Incident, 'first_time' | 'last_time'>; from: number; to: number }) {
  const place = (at: number) => `${Math.min(100, Math.max(0, ((at - from) / Math.max(1, to - from)) * 100)).toFixed(1)}%`;
  return <div class="span-mark" aria-hidden="true"><i style={{ '--a': place(ms(incident.first_time)), '--b': place(ms(incident.last_time)) }} /></div>;
}

function AlertLine({ alert }: { alert: Alert }) {
  const desk = useDesk();
  const open = { alert: alert.alert_id };
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    desk.go(open);
  };
  return (
    <li>
      <SeverityWord of={alert.severity} />
      <a class="plain" href={desk.href(open)} id={`alert-${alert.alert_id}`} onClick={follow}>{visible(alert.reason)}</a>
      <span class="num dim">{clock(ms(alert.last_time))}<small>{counted(alert.count, 'event')}</small></span>
    </li>
  );
}

function Details({ slot, incident }: { slot: Slot<OneIncident>; incident: Incident }) {
  const desk = useDesk();
  const one = slot.data?.incident.incident_id === incident.incident_id ? slot.data : null;
  const alerts = one?.alerts ?? [];
  const range = { from: incident.first_time, to: new Date(ms(incident.last_time) + 1).toISOString() };
  const behind = incident.source_ip === null ? null : { view: 'events' as const, filter: `${term('src', incident.source_ip)} alert:*`, range };
  const all = incident.source_ip === null ? null : { view: 'events' as const, filter: term('src', incident.source_ip), range };
  const link = (to: NonNullable<typeof behind>, words: string) => (
    <a href={desk.href(to)} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go(to); }}>{words}</a>
  );
  return (
    <div class="incident-details" id="incident">
      <div class="split-h"><SeverityWord of={incident.severity} /><span class="dim">score {score(incident.score)}</span></div>
      <h3>{visible(incident.story)}</h3>
      <p class="dim">{incident.source_ip !== null && <><Value field="src" value={incident.source_ip} always />{' '}</>}{incident.country === null ? '' : [incident.city === null ? '' : visible(incident.city), country(incident.country)].filter((part) => part !== '').join(', ')}</p>
      {slot.problem !== null && <Failed what="The incident" problem={slot.problem} />}
      <div class="h3row"><h3>{one === null ? counted(incident.alerts, 'alert') : alerts.length < incident.alerts ? `${count(alerts.length)} of ${counted(incident.alerts, 'alert')}` : counted(incident.alerts, 'alert')}</h3></div>
      <ul class="alert-lines">{alerts.slice(0, ALERTS_LISTED).map((alert) => <AlertLine key={alert.alert_id} alert={alert} />)}</ul>
      {alerts.length > ALERTS_LISTED && <details><summary>The other {count(alerts.length - ALERTS_LISTED)}</summary><ul class="alert-lines">{alerts.slice(ALERTS_LISTED).map((alert) => <AlertLine key={alert.alert_id} alert={alert} />)}</ul></details>}
      <div class="h3row"><h3>Its rows</h3></div>
      <ul class="links">
        {behind !== null && <li>{link(behind, 'Events of its alerts')}<span class="dim">{count(incident.events)}</span></li>}
        {all !== null && <li>{link(all, `All events from ${incident.source_ip} in that time`)}<span class="dim">{fromTo(incident)}</span></li>}
      </ul>
    </div>
  );
}

interface ItemProps {
  incident: Incident;
  open: boolean;
  from: number;
  to: number;
  children?: preact.ComponentChildren;
}

export function IncidentItem({ incident, open, from, to, children }: ItemProps) {
  const desk = useDesk();
  const change = { view: 'incidents' as const, incident: open ? null : incident.incident_id };
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    desk.go(change);
  };
  return (
    <li class={open ? 'is-focus' : ''}>
      <span class="sev-box"><SeverityWord of={incident.severity} /></span>
      <div class="story-box">
        <p class="story"><a class="plain" href={desk.href(change)} data-row aria-expanded={open} {...(incident.source_ip === null ? {} : { 'data-field': 'src', 'data-value': incident.source_ip })} onClick={follow}><Story incident={incident} /></a></p>
        <p class="meta">{meta(incident)}</p>
      </div>
      <div class="span-box"><SpanMark incident={incident} from={from} to={to} /><span class="when-of">{fromTo(incident)}</span></div>
      <span class="num count">{count(incident.events)}<small>{incident.events === 1 ? 'event' : 'events'}</small></span>
      {children}
    </li>
  );
}

export function IncidentsView({ state, retry, more }: { state: State; retry(): void; more(limit: number): void }) {
  const { data, problem } = state.panels.incidents;
  const wide = useMedia(WIDE);
  const chosen = state.place.incident;
  const list = data?.incidents ?? [];
  const here = list.find((one) => one.incident_id === chosen) ?? (state.panels.incident.data?.incident.incident_id === chosen ? state.panels.incident.data?.incident : undefined);
  const [from, to] = [data?.range.from ? ms(data.range.from) : 0, data?.range.to ? ms(data.range.to) : 1];
  const total = data?.counts.total ?? 0;
  const what = windowWords(windowIn(state.place.range));
  const answer = data === null ? NOTHING : total === 0 ? `None in the ${what}.` : `${counted(total, 'incident')}: ${count(data.counts.high)} high, ${count(data.counts.medium)} medium, ${count(data.counts.low)} low${data.counts.none > 0 ? `, ${count(data.counts.none)} by label only` : ''}${data.exact ? '' : '; there may be more'}.`;
  return (
    <Section id="incidents" question="What belongs together?" answer={answer} problem={problem?.filter ? null : problem} what="The list of incidents" retry={retry}>
      <div class={`incident-cols ${wide && here !== undefined ? 'beside' : ''}`}>
        <div class="main-col">
          <ol class="items" aria-label="Incidents, most critical first">
            {list.map((incident) => (
              <IncidentItem key={incident.incident_id} incident={incident} open={incident.incident_id === chosen} from={from} to={to}>
                {!wide && incident.incident_id === chosen && <Details slot={state.panels.incident} incident={incident} />}
              </IncidentItem>
            ))}
          </ol>
          {data !== null && total === 0 && <p class="nowhere">Alerts of one address within an hour of each other are one incident. There is no alert in this time{state.place.filter === '' ? '' : ' that the filter lets through'}.</p>}
          <div class="more-row" key={list.length}>
            <span>{total === 0 ? '' : `1 – ${count(list.length)} of ${counted(total, 'incident')}`}</span>
            {data?.next_cursor && list.length < 500 && <button type="button" class="link" onClick={() => more(Math.min(500, list.length + INCIDENTS_SHOWN))}><Num class="" text="Show more" /></button>}
          </div>
        </div>
        {wide && here !== undefined && <aside class="side" aria-label="The incident that is open"><Details slot={state.panels.incident} incident={here} /></aside>}
      </div>
    </Section>
  );
}
