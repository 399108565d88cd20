// Everything about one address: where it is from, when each sensor saw it, what it tried, its incidents, and its sessions as they happened.
import { useRef } from 'preact/hooks';
import type { Alert, Bucket, TimeSeries } from '../api';
import type { Address, Incident, Session, Top } from '../answers';
import { useDesk } from '../desk';
import { tell, type Told } from '../eventwords';
import { NOTHING, clock, count, counted, date, day, lasting, minute, ms, percent, sameDay, score, stamp, visible } from '../format';
import { country } from '../names';
import { watched } from '../observed';
import { shortPath } from '../sources';
import type { Lane, Slot, State } from '../state';
import { windowIn } from '../url';
import { windowWords } from '../window';
import { IncidentItem } from './incidents';
import { Num } from './num';
import { Failed, Section } from './panel';
import { SeverityWord, Sign } from './signs';
import { TopList } from './toplist';
import { Value } from './value';

const LISTS = [
  ['dst', 'Targets'], ['port', 'Ports'], ['app', 'Protocols'], ['user', 'User names'], ['password', 'Passwords'], ['command', 'Commands'], ['url', 'Downloads'], ['sha256', 'Files'],
  ['client', 'Clients'], ['hassh', 'HASSH'], ['signature', 'Suricata signatures'], ['type', 'Attack types'],
] as const;
const STEPS_SHOWN = 60;
const ATTEMPTS_NAMED = 4;

function where(address: Address): string {
  const { place } = address;
  if (address.private) return 'one of our own, private';
  if (place.geo === 'found') return [place.city === null ? '' : visible(place.city), country(place.country)].filter((part) => part !== '').join(', ');
  return place.geo === 'no_entry' ? 'no place in the database' : place.geo === 'no_database' ? 'no location database' : 'no place';
}

function moment(at: string | null): string {
  return at === null ? NOTHING : `${date(ms(at))}, ${clock(ms(at))}`;
}

function sensors(address: Address): Top | undefined {
  return address.tops.find((top) => top.field === 'source');
}

function known(address: Address, what: string): string {
  const { as_source: from, as_target: at } = address;
  const did = from.events === 0 ? '' : `It began ${counted(from.events, 'event')}${from.anomalous === 0 ? ', none of them unusual' : `, ${count(from.anomalous)} of them anomalous`}`;
  const was = at.events === 0 ? '' : `${did === '' ? 'It' : ' and'} was the target of ${count(at.events)}`;
  if (did + was === '') return `Nothing of it in the ${what}.`;
  const seen = sensors(address)?.rows.length ?? 0;
  return `${did}${was} in the ${what}${seen > 1 ? `, on ${counted(seen, 'sensor')}` : ''}.`;
}

function Tile({ label, figure, delta }: { label: string; figure: string; delta: preact.ComponentChildren }) {
  return <div class="tile"><span class="label">{label}</span><Num class="fig" text={figure} /><span class="delta">{delta}</span></div>;
}

function Tiles({ address, alerts }: { address: Address; alerts: State['panels']['alerts'] }) {
  const all = address.as_source.events + address.as_target.events;
  const targets = address.tops.find((top) => top.field === 'dst');
  const ports = address.tops.find((top) => top.field === 'port');
  const counts = alerts.data?.counts;
  const atLeast = address.exact ? '' : '≥\u202f';
  return (
    <div class="tiles">
      <Tile label="Events" figure={atLeast + count(all)} delta={<><b>{count(address.as_source.anomalous + address.as_target.anomalous)}</b> of them anomalous</>} />
      <Tile label="Alerts" figure={counts === undefined ? NOTHING : count(counts.total)} delta={counts === undefined ? '' : `${count(counts.high)} high, ${count(counts.medium)} medium, ${count(counts.low)} low`} />
      <Tile label="Targets" figure={atLeast + count(targets?.distinct ?? 0)} delta={<>on <b>{count(ports?.distinct ?? 0)}</b> {ports?.distinct === 1 ? 'port' : 'ports'}</>} />
      <Tile label="First seen" figure={address.first_seen === null ? NOTHING : clock(ms(address.first_seen))} delta={address.first_seen === null ? '' : <>{date(ms(address.first_seen))}, last <b>{address.last_seen === null ? NOTHING : `${sameDay(ms(address.first_seen), ms(address.last_seen)) ? '' : `${day(ms(address.last_seen))} `}${clock(ms(address.last_seen))}`}</b></>} />
    </div>
  );
}

function bars(series: TimeSeries, value: (bucket: Bucket) => number, most: number): string {
  const width = 100 / Math.max(1, series.buckets.length);
  return series.buckets.flatMap((bucket, i) => {
    const n = value(bucket);
    return n === 0 ? [] : [`M${(i * width + width * 0.1).toFixed(3)} 100V${(100 - Math.max(4, (n / most) * 96)).toFixed(2)}h${(width * 0.8).toFixed(3)}V100Z`];
  }).join('');
}

// A drag over a lane takes that stretch of time; the time picker does it without a mouse.
function Plot({ lane, most, zoom }: { lane: Lane; most: number; zoom(from: number, to: number): void }) {
  const { series } = lane;
  const began = useRef<number | null>(null);
  const holes = watched(series).flatMap((one, i) => (one.seen === 'none' ? [i] : []));
  const n = Math.max(1, series.buckets.length);
  const at = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [from, to] = [ms(series.range.from ?? ''), ms(series.range.to ?? '')];
    return from + ((event.clientX - box.left) / Math.max(1, box.width)) * (to - from);
  };
  return (
    <div class="lane-plot" onPointerDown={(event) => { began.current = at(event); }} onPointerUp={(event) => {
      const [a, b] = [began.current, at(event)];
      began.current = null;
      if (a !== null && Math.abs(b - a) >= series.bucket_seconds * 1000) zoom(Math.min(a, b), Math.max(a, b));
    }}>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path class="b-all" d={bars(series, (bucket) => bucket.events, most)} /><path class="b-one" d={bars(series, (bucket) => bucket.anomalous, most)} />
      </svg>
      {holes.map((i) => <div key={i} class="gap" style={{ left: `${(i / n) * 100}%`, width: `${100 / n}%` }} />)}
    </div>
  );
}

const AXIS_MARKS = 5;

function Lanes({ slot, address }: { slot: Slot<Lane[]>; address: Address }) {
  const desk = useDesk();
  const lanes = slot.data ?? [];
  const range = address.range;
  const [from, to] = [range.from ? ms(range.from) : 0, range.to ? ms(range.to) : 1];
  const most = Math.max(1, ...lanes.flatMap((lane) => lane.series.buckets.map((bucket) => bucket.events)));
  const marks = [...Array(AXIS_MARKS + 1).keys()].map((i) => from + ((to - from) * i) / AXIS_MARKS);
  const words = (at: number) => (sameDay(from, to - 1) ? minute(at) : `${day(at)} ${minute(at)}`);
  const total = (lane: Lane) => lane.series.buckets.reduce((sum, bucket) => sum + bucket.events, 0);
  return (
    <div class="lanes">
      {lanes.map((lane) => (
        <div class="lane" key={lane.source}>
          <span class="name"><Value field="source" value={lane.source}>{shortPath(lane.source)}</Value></span>
          <Plot lane={lane} most={most} zoom={desk.zoom} />
          <Num text={count(total(lane))} />
        </div>
      ))}
      <div class="lane axis" aria-hidden="true"><span /><div class="axis-x">{marks.map((at, i) => <span key={i} style={{ left: `${(i / AXIS_MARKS) * 100}%` }}>{words(at)}</span>)}</div><span /></div>
    </div>
  );
}

function Lists({ address }: { address: Address }) {
  const lists = LISTS.flatMap(([field, title]) => {
    const top = address.tops.find((one) => one.field === field);
    const told = top?.rows.filter((row) => row.key !== null) ?? [];
    return top === undefined || told.length === 0 ? [] : [{ field, title, top: { ...top, rows: told } }];
  });
  if (lists.length === 0) return <p class="nowhere">No log says what it tried.</p>;
  return <div class="top-lists">{lists.map(({ field, title, top }) => <TopList key={field} title={title} top={top} />)}</div>;
}

function AlertRow({ alert, from, to }: { alert: Alert; from: number; to: number }) {
  const desk = useDesk();
  const change = { alert: alert.alert_id };
  return (
    <tr>
      <td class="s"><SeverityWord of={alert.severity} /></td>
      <td class="num sc">{score(alert.score)}</td>
      <td class="t">{stamp(ms(alert.last_time), from, to)}</td>
      <td class="addr dst">{alert.destination_ip === null ? NOTHING : <Value field="dst" value={alert.destination_ip} />}{alert.destination_port === null ? '' : <span class="dim">:{alert.destination_port}</span>}</td>
      <td class="why"><a class="plain" data-row href={desk.href(change)} id={`alert-${alert.alert_id}`} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go(change); }}>{visible(alert.reason)}</a></td>
      <td class="num">{count(alert.count)}</td>
    </tr>
  );
}

function Step({ told }: { told: Told }) {
  const desk = useDesk();
  const { event, who, what, decisive, more } = told;
  const change = { view: 'event' as const, event: event.event_id };
  const others = more.length > 0 ? [what, ...more.slice(0, ATTEMPTS_NAMED - 1).map((one) => `${String(one.attributes['username'] ?? '')} / ${String(one.attributes['password'] ?? '')}`)].join(', ') : what;
  return (
    <li class={decisive ? 'mark' : ''}>
      <a class="plain t" data-row href={desk.href(change)} onClick={(clicked) => { if (clicked.metaKey || clicked.ctrlKey || clicked.shiftKey) return; clicked.preventDefault(); desk.go(change); }}>{clock(ms(event.event_time))}</a>
      <span class="who-did">{more.length > 0 ? `${count(more.length + 1)} ` : ''}{visible(who)}{decisive && <span class="vh"> (decisive)</span>}</span>
      <span class="bytes">{visible(others)}{more.length >= ATTEMPTS_NAMED ? ` … and ${count(more.length + 1 - ATTEMPTS_NAMED)} more` : ''}</span>
    </li>
  );
}

function Sessions({ address, state }: { address: Address; state: State }) {
  const desk = useDesk();
  const { transcript } = state.panels;
  const chosen = state.place.session ?? address.sessions[0]?.session ?? null;
  if (address.sessions.length === 0) return null;
  const one = address.sessions.find((session) => session.session === chosen);
  const steps = tell(transcript.data?.events ?? []);
  const pick = (session: Session) => (
    <a href={desk.href({ session: session.session })} aria-current={session.session === chosen ? 'true' : undefined} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go({ session: session.session }); }}>
      {sameDay(ms(session.first_time), ms(address.range.to ?? session.first_time) - 1) ? '' : `${day(ms(session.first_time))} `}{clock(ms(session.first_time))}
    </a>
  );
  return (
    <div class="two-cols">
      <div>
        <div class="h3row"><h3>Sessions</h3><span class="dim">{count(address.sessions.length)}</span></div>
        <div class="scroll-y" tabIndex={0} role="region" aria-label="Sessions, newest first">
          <table class="plain-t">
            <caption class="vh">Sessions, newest first; the time shows what happened in one</caption>
            <thead><tr><th scope="col">Began</th><th scope="col" class="num">Lasted</th><th scope="col" class="num">Events</th><th scope="col">Sensor</th></tr></thead>
            <tbody>{address.sessions.map((session) => <tr key={session.session} class={session.session === chosen ? 'is-focus' : ''}><td>{pick(session)}</td><td class="num">{lasting((ms(session.last_time) - ms(session.first_time)) / 1000)}</td><td class="num">{count(session.events)}</td><td>{session.source === null ? NOTHING : shortPath(session.source)}</td></tr>)}</tbody>
          </table>
        </div>
      </div>
      <div>
        <div class="h3row"><h3>{one === undefined ? 'The session' : `The session of ${clock(ms(one.first_time))}`}</h3>{chosen !== null && <span class="dim bytes">{visible(chosen)}</span>}</div>
        {transcript.problem !== null && <Failed what="The session" problem={transcript.problem} />}
        <ol class="transcript" id="transcript" aria-label="What happened in it, oldest first">{steps.slice(0, STEPS_SHOWN).map((told) => <Step key={told.event.event_id} told={told} />)}</ol>
        {steps.length > STEPS_SHOWN && <details><summary>The other {count(steps.length - STEPS_SHOWN)} steps</summary><ol class="transcript">{steps.slice(STEPS_SHOWN).map((told) => <Step key={told.event.event_id} told={told} />)}</ol></details>}
        {transcript.data?.next_cursor && <p class="dim">It goes on: its first {count(transcript.data.events.length)} events are told here.</p>}
      </div>
    </div>
  );
}

function IncidentsOf({ list, from, to }: { list: readonly Incident[]; from: number; to: number }) {
  return <ol class="items" aria-label="Its incidents, most critical first">{list.map((incident) => <IncidentItem key={incident.incident_id} incident={incident} open={false} from={from} to={to} />)}</ol>;
}

export function AddressView({ state, retry }: { state: State; retry(): void }) {
  const desk = useDesk();
  const ip = state.place.ip ?? '';
  const { data, problem } = state.panels.address;
  const address = data?.address === ip || data === null ? data : null;
  const what = windowWords(windowIn(state.place.range));
  const { incidents, alerts, lanes } = state.panels;
  const [from, to] = [address?.range.from ? ms(address.range.from) : 0, address?.range.to ? ms(address.range.to) : 1];
  const worst = alerts.data?.alerts[0]?.severity ?? 'none';
  const rows = { view: 'events' as const, filter: `ip:${ip}` };
  if (address === null && problem === null) return <div class="page-head" key="reading"><p class="page-title">{ip}</p></div>;
  const shown = address === null ? [] : incidents.data?.incidents ?? [];
  return (
    <>
      <div class="page-head" key="read">
        <h2 class="page-title">{address !== null && alerts.data !== null && alerts.data.counts.total > 0 && <Sign of={worst} />}{ip}</h2>
        <p class="facts-line">
          {address !== null && alerts.data !== null && alerts.data.counts.total > 0 && <SeverityWord of={worst} />}
          <span>{address === null ? NOTHING : where(address)}</span>
          {address !== null && <span>first seen <b>{moment(address.first_seen)}</b></span>}
          {address !== null && <span>last <b>{moment(address.last_seen)}</b></span>}
        </p>
        <div class="actions">
          <button type="button" class="btn" onClick={() => desk.only('ip', ip)}>Only this</button>
          <button type="button" class="btn" onClick={() => desk.go({ view: 'overview', filter: `-ip:${ip}` })}>Without this</button>
          <a class="btn" href={desk.href(rows)} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); desk.go(rows); }}>Its rows</a>
        </div>
      </div>
      <Section id="known" question="What do we know about it?" answer={address === null ? NOTHING : known(address, what)} problem={problem?.filter ? null : problem} what="The address" retry={retry}>
        {address !== null && <Tiles address={address} alerts={alerts} />}
      </Section>
      {address !== null && (
        <>
          <Section id="when" question="When, and on which sensors?" problem={lanes.problem} what="The timeline" retry={retry} answer={lanes.data === null ? NOTHING : lanes.data.length === 0 ? `Nowhere in the ${what}.` : 'All events, the anomalous ones darker; one scale. A drag takes a stretch of it.'}>
            <Lanes slot={lanes} address={address} />
          </Section>
          <Section id="its-alerts" question="What is it worth a look for?" problem={incidents.problem ?? alerts.problem} what="Its incidents" retry={retry}
            answer={alerts.data === null || incidents.data === null ? NOTHING : alerts.data.counts.total === 0 ? `No alert in the ${what}.` : `${counted(incidents.data.counts.total, 'incident')}, ${counted(alerts.data.counts.total, 'alert')}; ${percent(address.as_source.events === 0 ? 0 : address.as_source.anomalous / address.as_source.events)} of what it began is anomalous.`}>
            {shown.length > 0 && <IncidentsOf list={shown} from={from} to={to} />}
            {(alerts.data?.alerts.length ?? 0) > 0 && (
              <table class="rows its-alerts">
                <caption class="vh">Alerts of {ip}</caption>
                <thead><tr><th scope="col" class="s">Severity</th><th scope="col" class="num">Score</th><th scope="col">Last seen</th><th scope="col">Target</th><th scope="col">Why</th><th scope="col" class="num">Events</th></tr></thead>
                <tbody>{alerts.data?.alerts.map((alert) => <AlertRow key={alert.alert_id} alert={alert} from={from} to={to} />)}</tbody>
              </table>
            )}
          </Section>
          <Section id="tried" question="What did it try?" problem={null} answer={address.sessions.length === 0 ? 'What logs say of it, the most frequent first.' : `${counted(address.sessions.length, 'session')} on honeypots; the newest stands first.`}>
            <Lists address={address} />
            <Sessions address={address} state={state} />
          </Section>
        </>
      )}
    </>
  );
}
