// What was learnt when, why and from what; and how far the model in force has gone from the frozen first one.
import { useState } from 'preact/hooks';
import type { LearntFrom, LedgerLine, ModelLife } from '../api';
import { NOTHING, count, counted, visible } from '../format';
import { REASONS, apartWords, moment, sayLedger, stateWords } from '../learning';
import { subModelName } from '../reliability';
import type { Slot } from '../state';
import { Num } from './num';
import { Section } from './panel';

const COLUMNS = 6;
const LINES_SHOWN = 8;

function Kind({ of }: { of: LearntFrom }) {
  return (
    <div>
      <h3>{subModelName(of.kind)} <span class="dim">{counted(of.rows, 'row')}</span></h3>
      <dl class="figures">{of.sources.map(({ source, rows }) => <div key={source ?? ''}><dt>{source === null ? 'sources beyond the first 255' : visible(source)}</dt><dd>{counted(rows, 'row')}</dd></div>)}</dl>
    </div>
  );
}

function Details({ line, id }: { line: LedgerLine; id: string }) {
  const kinds = line.learnt_from?.kinds ?? [];
  return (
    <tr class="details" id={id}>
      <td colSpan={COLUMNS}>
        <p class="digest">Digest <span class="bytes">{line.digest}</span><span class="dim">{line.parent === null ? '' : `, after ${line.parent.slice(0, 8)}`}, from event {count(line.from_sequence)} on.</span></p>
        {kinds.length === 0 ? <p class="dim">What it was learnt from is not known here.</p> : <div class="cols">{kinds.map((kind) => <Kind of={kind} key={kind.kind} />)}</div>}
      </td>
    </tr>
  );
}

function Line({ line, at }: { line: LedgerLine; at: number }) {
  const [open, setOpen] = useState(false);
  const id = `ledger-${line.from_sequence}-${at}`;
  return (
    <>
      <tr class={open ? 'is-focus' : ''} onClick={() => setOpen(!open)}>
        <td class="which">
          <button type="button" class="plain-button" aria-expanded={open} aria-controls={open ? id : undefined} onClick={(event) => { event.stopPropagation(); setOpen(!open); }}>{line.from === null ? 'from the first event' : moment(line.from)}</button>
        </td>
        <td class="because" data-label="because">{REASONS[line.reason] ?? visible(line.reason)}</td>
        <td class="bytes" data-label="model">{line.digest.slice(0, 8)}</td>
        <td class="num" data-label="rows"><Num text={count(line.rows)} /></td>
        <td class="num" data-label="alerts"><Num text={count(line.alerts)} /></td>
        <td class="is" data-label="state">{stateWords(line, at)}</td>
      </tr>
      {open && <Details line={line} id={id} />}
    </>
  );
}

const HEADS = [['In force since', ''], ['Because', ''], ['Model', ''], ['Rows', 'num'], ['Alerts', 'num'], ['State', '']] as const;

function Divergence({ life }: { life: ModelLife }) {
  const divergence = life.learning?.divergence ?? null;
  const sources = divergence?.sources ?? [];
  return (
    <>
      <p class="sum" id="apart">{apartWords(divergence)}</p>
      {sources.length > 1 && (
        <table class="open-table apart-table" id="apart-table">
          <caption class="vh">Events judged otherwise than by the frozen first model, by source</caption>
          <thead><tr>{['Source', 'Events', 'Quite otherwise', 'Alarm only now', 'Alarm only then'].map((name, i) => <th scope="col" class={i === 0 ? '' : 'num'} key={name}>{name}</th>)}</tr></thead>
          <tbody>
            {sources.map((row) => (
              <tr key={row.source ?? ''} class="not">
                <td class="which">{row.source === null ? 'beyond the first 255' : visible(row.source)}</td>
                {([['events', row.events], ['quite otherwise', row.apart], ['alarm only now', row.now_alarm], ['alarm only then', row.now_ordinary]] as const).map(([name, value]) => <td class="num" data-label={name} key={name}><Num text={count(value)} /></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

export function Ledger({ slot, retry }: { slot: Slot<ModelLife>; retry(): void }) {
  const { data, problem } = slot;
  const [all, setAll] = useState(false);
  const lines = data?.ledger ?? [];
  return (
    <Section id="ledger" question="What was learnt when?" problem={problem} what="The ledger of models" retry={retry} answer={data === null ? NOTHING : sayLedger(data)}>
      {lines.length > 0 && (
        <table class="open-table ledger-table" id="ledger-table">
          <caption class="vh">Models, the newest first; a date shows what the model was learnt from</caption>
          <thead><tr>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
          <tbody>{(all ? lines : lines.slice(0, LINES_SHOWN)).map((line, i) => <Line key={`${line.digest} ${line.from_sequence}`} line={line} at={i} />)}</tbody>
        </table>
      )}
      {lines.length > LINES_SHOWN && <p class="more-row"><span /><button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>{all ? `Show only ${LINES_SHOWN}` : `Show all ${lines.length}`}</button></p>}
      {data !== null && lines.length > 0 && <Divergence life={data} />}
    </Section>
  );
}
