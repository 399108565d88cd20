// 2. Where should I look first?
import { useRef, useState } from 'preact/hooks';
import type { Alert, Alerts } from '../api';
import { NOTHING, count, counted, ms, odds, score, stamp, visible } from '../format';
import { country, manySources, manyTargets, rule, service } from '../names';
import { NOT_KEPT, nominalWords, oddness } from '../reliability';
import { ALERTS_MAX, ALERTS_SHOWN, ALERTS_STEP, type State } from '../state';
import { blindWholly } from '../sources';
import { formatPlace, windowIn } from '../url';
import { whereFirst } from '../words';
import { Num } from './num';
import { Section } from './panel';
import { SeverityWord } from './signs';
import { Value } from './value';

function Place({ alert }: { alert: Alert }) {
  if (alert.geo === 'private') return <span class="cc" title="A private address">private</span>;
  if (alert.country === null) return null;
  return <span class="cc" title={country(alert.country)}>{alert.country}</span>;
}

const BAR_DECADES = 6; // a full bar: one in a million

// How odd, as people say it. The bar grows by decades.
function Odds({ alert }: { alert: Alert }) {
  const { p, nominal } = oddness(alert);
  if (p === null) return <span class="score dim" title={alert.score === null ? 'It has no score' : NOT_KEPT}>{alert.score === null ? NOTHING : `score ${score(alert.score)}`}</span>;
  const decades = p > 0 ? Math.min(BAR_DECADES, -Math.log10(p)) : BAR_DECADES;
  return <span class="score" title={nominal === null ? `Score ${score(alert.score)}` : nominalWords(nominal)}>{odds(p)}<i style={{ '--v': `${(decades / BAR_DECADES) * 100}%` }} /></span>;
}

interface RowProps {
  alert: Alert;
  href: string;
  open: boolean;
  when: string;
  show(id: string): void;
}

function Row({ alert, href, open, when, show }: RowProps) {
  const more = manyTargets(alert);
  const protocol = alert.application_protocol ?? alert.protocol;
  const onOpen = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    show(alert.alert_id);
  };
  return (
    <tr class={open ? 'is-focus' : ''} onClick={onOpen}>
      <td class="s"><SeverityWord of={alert.severity} /></td>
      <td class="sc"><Odds alert={alert} /></td>
      <td class="t">{when}</td>
      <td class="addr src">{alert.source_ip === null ? manySources(alert) ?? NOTHING : <Value field="src" value={alert.source_ip} />}{alert.source_ip !== null && <Place alert={alert} />}</td>
      <td class="addr dst">
        {alert.destination_ip === null ? NOTHING : <Value field="dst" value={alert.destination_ip} />}
        {more !== null && <span class="dim">{more.startsWith('and') ? ` ${more}` : `, ${more}`}</span>}
        {alert.destination_port !== null && <span class="dim" title={service(alert.destination_port)}>:{alert.destination_port}</span>}
      </td>
      <td class="pro dim">{protocol?.toLowerCase() ?? NOTHING}</td>
      <td class="why">
        <a class="plain" data-row href={href} id={`alert-${alert.alert_id}`} onClick={onOpen} key={alert.finding?.name ?? ''}>{alert.finding !== null && <><span class="tag">{rule(alert.finding.name).words}</span>{' '}</>}{visible(alert.reason)}</a>
      </td>
      <td class="num times"><Num text={`×\u202f${count(alert.count)}`} /></td>
    </tr>
  );
}

// While the pointer or the focus is in the table, rows stay where they are; the values in them still change.
function useHeld(answer: Alerts | null): { rows: Alert[]; waiting: number; hold(on: boolean): void; release(): void } {
  const held = useRef<string[] | null>(null);
  const [, redraw] = useState(0);
  const fresh = answer?.alerts ?? [];
  if (held.current === null) return { rows: fresh, waiting: 0, hold, release };
  const byId = new Map(fresh.map((alert) => [alert.alert_id, alert]));
  const rows = held.current.map((id) => byId.get(id)).filter((alert): alert is Alert => alert !== undefined);
  const shown = new Set(held.current);
  return { rows, waiting: fresh.filter((alert) => !shown.has(alert.alert_id)).length, hold, release };

  function hold(on: boolean): void {
    if (on === (held.current !== null)) return;
    held.current = on ? fresh.map((alert) => alert.alert_id) : null;
    redraw((n) => n + 1);
  }
  function release(): void {
    held.current = fresh.map((alert) => alert.alert_id);
    redraw((n) => n + 1);
  }
}

interface AlertsProps {
  state: State;
  show(id: string): void;
  more(limit: number): void;
  retry(): void;
}

export function AlertList({ state, show, more, retry }: AlertsProps) {
  const { data, problem } = state.panels.alerts;
  const { rows, waiting, hold, release } = useHeld(data);
  const box = useRef<HTMLDivElement>(null);
  const total = data?.counts.total ?? 0;
  const from = data?.range.from ? ms(data.range.from) : 0;
  const to = data?.range.to ? ms(data.range.to) : 1;
  const letGo = () => {
    if (!box.current?.matches(':hover') && !box.current?.contains(document.activeElement)) hold(false);
  };
  const summary = state.panels.summary.data;
  const run = summary?.state ?? 'live';
  const blind = summary !== null && blindWholly(summary);
  const rest = Math.min(ALERTS_STEP, total - rows.length, ALERTS_MAX - rows.length);
  return (
    <Section id="alerts" question="If something is unusual, where should I look first?" problem={problem} what="The list of alerts" retry={retry}
      answer={data === null ? NOTHING : visible(whereFirst(data.alerts, windowIn(state.place.range), run, blind))}>
      <div ref={box} onPointerEnter={(event) => event.pointerType === 'mouse' && hold(true)} onPointerLeave={letGo} onFocusIn={() => hold(true)} onFocusOut={() => setTimeout(letGo)}>
        <div class="alerts-box">
          <table class="alerts">
            <caption class="vh">Alerts, most critical first</caption>
            <thead>
              <tr>
                <th scope="col">Severity</th><th scope="col" aria-sort="descending" title="Of ordinary events so many are as odd">How odd ↓</th><th scope="col">Last seen</th><th scope="col">Source</th>
                <th scope="col">Target</th><th scope="col" class="pro">Protocol</th><th scope="col">Why</th><th scope="col" class="num">Events</th>
              </tr>
            </thead>
            <tbody>
              {/* A row at another place is another row: what is there changes, nothing is pushed aside. */}
            {rows.map((alert, i) => (
                <Row key={`${alert.alert_id} ${i}`} alert={alert} href={formatPlace({ ...state.place, alert: alert.alert_id })} open={state.place.alert === alert.alert_id}
                  when={stamp(ms(alert.last_time), from, to)} show={show} />
              ))}
            </tbody>
          </table>
          {data !== null && total === 0 && run !== 'empty' && run !== 'learning' && <p class="nowhere">No alert in this window. Those of a longer one show when you choose it above.</p>}
        </div>
        <div class="more-row">
          <span id="alerts-foot">{total === 0 ? '' : `1 – ${count(rows.length)} of ${counted(total, 'alert')}`}</span>
          {waiting > 0 && <button type="button" class="link" onClick={release}><Num class="" text={`${count(waiting)} new, show`} /></button>}
          {waiting === 0 && rest > 0 && <button type="button" class="link" onClick={() => { more(rows.length + rest); hold(false); }}><Num class="" text={`Show the next ${count(rest)}`} /></button>}
          {rows.length > ALERTS_SHOWN && <button type="button" class="link" onClick={() => more(ALERTS_SHOWN)}>{`Show only ${ALERTS_SHOWN}`}</button>}
        </div>
      </div>
    </Section>
  );
}
