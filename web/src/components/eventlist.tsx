// The rows behind a filter: newest first, page by page, with their exact number as soon as it is known.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, type Severity } from '../api';
import type { Count, EventsPage, Row } from '../answers';
import { useDesk } from '../desk';
import { amounts, gist, headline } from '../eventwords';
import { eachLeftOut } from '../filtertext';
import { NOTHING, count, ms, score, shape, stamp, visible } from '../format';
import { attack, country, log, service } from '../names';
import { ROWS, cursorBefore } from '../load/events';
import type { State } from '../state';
import { isLive, rangeParameters, windowIn } from '../url';
import { windowWords } from '../window';
import { Num } from './num';
import { Failed, Section } from './panel';
import { SeverityWord, Sign } from './signs';
import { Value } from './value';

const COUNT_MS = 31_000;

export function Port({ port }: { port: number | null }) {
  if (port === null) return null;
  return <Value field="port" value={String(port)}><span class="dim" title={service(port)}>:{port}</span></Value>;
}

function EventRow({ row, from, to }: { row: Row; from: number; to: number }) {
  const desk = useDesk();
  const at = ms(row.event_time);
  const protocol = row.application_protocol ?? row.protocol;
  const open = { view: 'event' as const, event: row.event_id };
  const time = stamp(at, from, to);
  const { kind, what } = gist(row);
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    desk.go(open);
  };
  return (
    <tr>
      <td class="t">
        <a class="plain" href={desk.href(open)} id={`event-${row.event_id}`} data-row {...(row.source_ip === null ? {} : { 'data-field': 'src', 'data-value': row.source_ip })}
          aria-label={`${time}, ${row.severity === 'none' ? '' : `${row.severity}, `}${visible(headline(row))}`} onClick={follow}>{time}</a>
      </td>
      <td class="s">{row.by === null ? <span class="dim">{NOTHING}</span> : <SeverityWord of={row.severity} />}</td>
      <td class="num sc">{score(row.anomaly_score)}</td>
      <td class="addr src">{row.source_ip === null ? NOTHING : <Value field="src" value={row.source_ip} />}{row.country ? <span class="cc" title={country(row.country)}>{row.country}</span> : null}</td>
      <td class="addr dst">{row.destination_ip === null ? NOTHING : <Value field="dst" value={row.destination_ip} />}<Port port={row.destination_port} /></td>
      <td class="pro">{protocol ? <Value field={row.application_protocol ? 'app' : 'proto'} value={protocol}>{visible(protocol).toLowerCase()}</Value> : <span class="dim">{NOTHING}</span>}</td>
      <td class="type">{row.attack_type === null ? <span class="dim">{NOTHING}</span> : <Value field="type" value={row.attack_type}>{attack(row.attack_type)}</Value>}</td>
      <td class="gist"><span class="dim">{visible(kind)}</span>{kind !== '' && ' '}<span class="bytes">{visible(what)}</span>{kind + what === '' && <span class="dim">{amounts(row)}</span>}</td>
      <td class="log-name"><Value field="dataset" value={row.dataset}><span class="dim">{log(row.dataset)}</span></Value></td>
    </tr>
  );
}

// While the pointer or the focus is among them, rows stay; what came meanwhile is offered.
function useHeld(fresh: EventsPage | null, of: string): { page: EventsPage | null; waiting: boolean; hold(on: boolean): void; release(): void } {
  const held = useRef<{ page: EventsPage; of: string } | null>(null);
  const before = useRef<{ page: EventsPage | null; of: string }>({ page: null, of }); // what was asked for has not come while this is all there is
  const [, redraw] = useState(0);
  const again = () => redraw((n) => n + 1);
  if (held.current !== null && held.current.of !== of) held.current = null;
  if (before.current.of !== of) before.current = { page: fresh, of };
  const page = held.current?.page ?? fresh;
  return {
    page,
    waiting: page !== null && fresh !== null && page.events[0]?.event_id !== fresh.events[0]?.event_id,
    hold(on) {
      if (on === (held.current !== null) || (on && (!fresh?.events.length || fresh === before.current.page))) return; // where no row is, what comes is shown
      held.current = on && fresh !== null ? { page: fresh, of } : null;
      again();
    },
    release() {
      held.current = fresh === null ? null : { page: fresh, of };
      again();
    },
  };
}

// The number of all rows: the page's own where it is exact, else asked for once more, with time.
function useCount(page: EventsPage | null, filter: string): Count | null {
  const [known, setKnown] = useState<{ key: string; count: Count } | null>(null);
  const range = page?.range;
  const key = `${filter} ${range?.from} ${range?.to}`;
  const wanting = page !== null && page.count !== undefined && !page.count.exact;
  const busy = useRef(false);
  useEffect(() => {
    if (!wanting || busy.current || known?.key === key || !range?.from || !range.to) return;
    busy.current = true;
    ask<{ count: Count }>('/count', { from: range.from, to: range.to, ...(filter === '' ? {} : { filter }) }, COUNT_MS)
      .then((answer) => setKnown({ key, count: answer.count }), () => undefined)
      .finally(() => { busy.current = false; });
  }, [wanting, key]);
  if (page?.count === undefined) return null;
  return !page.count.exact && known?.key === key ? known.count : page.count;
}

export function pageWords(first: number, rows: number, all: Count | null): string {
  if (rows === 0) return '';
  const of = all === null ? '' : ` of ${all.exact ? '' : '≥\u202f'}${count(Math.max(all.events, first + rows - 1))}`;
  return `${count(first)} – ${count(first + rows - 1)}${of}`;
}

function exportHref(page: EventsPage | null, filter: string, format: 'csv' | 'jsonl'): string {
  const { from, to } = page?.range ?? { from: null, to: null };
  const query = new URLSearchParams({ format, ...(filter === '' ? {} : { filter }), ...(from ? { from } : {}), ...(to ? { to } : {}), ...(from || to ? {} : { window: 'all' }) });
  return `/api/v1/export?${query}`;
}

const LEFT_OUT_SHOWN = 6;

// Which condition empties the list: how many there are without each, asked one after the other. Their room is there before their numbers.
function LeftOut({ state }: { state: State }) {
  const desk = useDesk();
  const { filter, range } = state.place;
  const all = eachLeftOut(filter).slice(0, LEFT_OUT_SHOWN);
  const of = JSON.stringify([filter, range]);
  const [known, setKnown] = useState<{ of: string; counts: (Count | null)[] }>({ of, counts: [] });
  useEffect(() => {
    let wanted = true;
    const counts: (Count | null)[] = [];
    void (async () => {
      for (const { rest } of all) {
        counts.push(await ask<{ count: Count }>('/count', { ...rangeParameters(range), filter: rest }, COUNT_MS).then((answer) => answer.count, () => null));
        if (!wanted) return;
        setKnown({ of, counts: [...counts] });
      }
    })();
    return () => { wanted = false; };
  }, [of]);
  const number = (i: number) => {
    const one = known.of === of ? known.counts[i] : undefined;
    if (one === undefined) return '…';
    return one === null ? 'not known' : `${one.exact ? '' : '≥\u202f'}${count(one.events)}`;
  };
  if (all.length === 0) return null;
  return (
    <ul class="left-out" aria-label="What there is with one condition left out">
      {all.map(({ part, rest }, i) => (
        <li key={part}>
          <button type="button" class="link" onClick={() => desk.go({ filter: rest })}>Without <code>{visible(part)}</code></button> there are <b key={number(i)}>{number(i)}</b>
        </li>
      ))}
    </ul>
  );
}

function Nothing({ state }: { state: State }) {
  const desk = useDesk();
  const { filter, range } = state.place;
  const longer = isLive(range) && ['1h', '6h', '24h', '15m'].includes(range.window) ? '7d' : 'all';
  return (
    <div class="nothing none-found">
      <h3>{filter === '' ? 'No event in this time' : 'No event matches this filter'}</h3>
      {filter !== '' && <p><code>{visible(filter)}</code> finds nothing in the {windowWords(windowIn(range))}.</p>}
      <LeftOut state={state} />
      <div class="row">
        {!(isLive(range) && range.window === 'all') && <button type="button" class="btn" onClick={() => desk.go({ range: { window: longer } })}>{longer === 'all' ? 'All the time seen instead' : 'Last 7 days instead'}</button>}
        {filter !== '' && <button type="button" class="btn bare" onClick={() => desk.go({ filter: '' })}>Clear the filter</button>}
      </div>
    </div>
  );
}

const HEADS = [['Severity', 's'], ['Score', 'num'], ['Source', ''], ['Target', ''], ['Protocol', 'pro'], ['Attack type', 'type'], ['What', ''], ['Log', 'log-name']] as const;

export function EventsView({ state, retry }: { state: State; retry(): void }) {
  const desk = useDesk();
  const { place } = state;
  const { data, problem } = state.panels.events;
  const at = JSON.stringify([rangeParameters(place.range), place.filter, place.cursor, place.order]);
  const { page, waiting, hold, release } = useHeld(data, at);
  const all = useCount(page, place.filter);
  const box = useRef<HTMLDivElement>(null);
  const rows = page?.events ?? [];
  const [from, to] = [page?.range.from ? ms(page.range.from) : 0, page?.range.to ? ms(page.range.to) : 1];
  const letGo = () => {
    if (!box.current?.matches(':hover') && !box.current?.contains(document.activeElement)) hold(false);
  };
  // A later page is of a time that stands still.
  const next = () => {
    if (page?.next_cursor && page.range.from && page.range.to)
      desk.go({ range: { from: page.range.from, to: page.range.to }, cursor: page.next_cursor, first: place.first + rows.length });
  };
  const previous = async () => {
    const [here, head] = [location.search, rows[0]?.sequence];
    const { from, to } = page?.range ?? { from: null, to: null };
    const first = place.first - ROWS;
    const cursor = first <= 1 || head === undefined || from === null || to === null ? null : await cursorBefore(place, { from, to }, head);
    if (location.search === here) desk.go(cursor === null ? { cursor, first: 1 } : { cursor, first });
  };
  const words = pageWords(place.first, rows.length, all);
  const answer = page === null ? NOTHING : rows.length === 0 ? 'No row.' : `${words}, ${place.order} first${page.complete ? '' : '; older ordinary events are no longer stored'}`;
  return (
    <Section id="events" question={place.filter === '' ? 'Which events are there?' : 'Which events are like this?'} problem={null} answer={<span key={shape(answer)} id="events-count">{answer}</span>}>
      {problem !== null && problem.filter === null && <Failed what="The list of events" problem={problem} retry={retry} />}
      <div class="list-tools">
        <span class="group" role="group" aria-label="Order">
          {(['newest', 'oldest'] as const).map((order) => <button key={order} type="button" class="btn" aria-pressed={place.order === order} onClick={() => desk.go({ order })}>{order === 'newest' ? 'Newest first' : 'Oldest first'}</button>)}
        </span>
        {waiting && <button type="button" class="link" onClick={release}>New rows, show</button>}
        <span class="export">Export what the filter shows: <a id="export" href={exportHref(page, place.filter, 'csv')} download>CSV</a> <a href={exportHref(page, place.filter, 'jsonl')} download>JSON lines</a></span>
      </div>
      <div class="rows-box" ref={box} onPointerEnter={(event) => event.pointerType === 'mouse' && hold(true)} onPointerLeave={letGo} onFocusIn={() => hold(true)} onFocusOut={() => setTimeout(letGo)}>
        {rows.length > 0 && (
          <table class="rows">
            <caption class="vh">Events, {place.order} first; the time opens one</caption>
            <thead><tr><th scope="col" aria-sort={place.order === 'newest' ? 'descending' : 'ascending'}>Time</th>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
            <tbody>{rows.map((row, i) => <EventRow key={`${row.event_id} ${i}`} row={row} from={from} to={to} />)}</tbody>
          </table>
        )}
        {page !== null && rows.length === 0 && <Nothing state={state} />}
      </div>
      {rows.length > 0 && (
        <div class="more-row">
          <span>{words}</span>
          {place.cursor !== null && <button type="button" class="link" onClick={() => desk.go({ cursor: null, first: 1 })}>First page</button>}
          {place.cursor !== null && <button type="button" class="link" id="previous-page" aria-keyshortcuts="p" onClick={() => void previous().catch(() => undefined)}>{`The ${ROWS} before`}</button>}
          {page?.next_cursor && rows.length > 0 && <button type="button" class="link" id="next-page" aria-keyshortcuts="n" onClick={next}><Num class="" text={`The next ${ROWS}`} /></button>}
        </div>
      )}
    </Section>
  );
}

export function SmallSign({ of }: { of: Severity }) {
  return <><Sign of={of} /><span class="vh">{of === 'none' ? '' : of}</span></>;
}
