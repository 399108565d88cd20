// What the model is: from which time and rows it learnt, with what, on which columns.
import { useState } from 'preact/hooks';
import type { Model, SubModel, Summary, View } from '../api';
import { NOTHING, count, counted, ms, span, visible } from '../format';
import { detectorName, sayWaiting, subModelName } from '../reliability';
import { Num } from './num';
import { Section } from './panel';

const COLUMNS = 6;

function columnsWords(view: View): string {
  return `${count(view.scored_on)} of ${count(view.scored_on + view.dropped.length)}`;
}

function Details({ view, id }: { view: View; id: string }) {
  return (
    <tr class="details" id={id}>
      <td colSpan={COLUMNS}>
        <div class="cols">
          <div>
            <h3>Used</h3>
            <p class="bytes">{view.columns.map((name) => visible(name)).join(' ')}</p>
          </div>
          <div>
            <h3>Dropped</h3>
            {view.dropped.length === 0 && <p class="dim">None.</p>}
            <dl class="figures">{view.dropped.map(({ feature, reason }) => <div key={feature}><dt class="bytes">{visible(feature)}</dt><dd>{visible(reason)}</dd></div>)}</dl>
          </div>
        </div>
      </td>
    </tr>
  );
}

interface RowProps {
  view: View;
  name: string;
  css: string;
  id: string;
  rows: number | null; // null: those of the row above
  eventsADay: number | null;
}

function ViewRow({ view, name, css, id, rows, eventsADay }: RowProps) {
  const [open, setOpen] = useState(false);
  const cell = (label: string, value: number | null) => <td class="num" data-label={label}>{value !== null && <Num text={count(value)} />}</td>;
  return (
    <>
      <tr class={`${css} ${open ? 'is-focus' : ''}`} onClick={() => setOpen(!open)}>
        <td class="which">
          <button type="button" class="plain-button" aria-expanded={open} aria-controls={open ? id : undefined} onClick={(event) => { event.stopPropagation(); setOpen(!open); }}>{name}</button>
        </td>
        <td data-label="detector">{detectorName(view.detector)}</td>
        {cell('rows', rows)}
        {cell('for p-values', view.calibration_rows)}
        {cell('events a day', eventsADay)}
        <td class="num" data-label="columns">{columnsWords(view)}</td>
      </tr>
      {open && <Details view={view} id={id} />}
    </>
  );
}

// The event itself, and beneath it what came before it: two views, learnt apart, of which the odder one counts.
function Row({ sub, index }: { sub: SubModel; index: number }) {
  if (sub.rows === 0)
    return <tr class="not"><td class="which"><span class="dim">{subModelName(sub.name)}</span></td><td colSpan={COLUMNS - 1} class="dim none">not learnt: too few usable rows</td></tr>;
  const { behaviour } = sub;
  return (
    <>
      <ViewRow view={sub} name={subModelName(sub.name)} css="" id={`learnt-${index}`} rows={sub.rows} eventsADay={sub.events_a_day} />
      {behaviour ? <ViewRow view={behaviour} name="what came before" css="second" id={`learnt-${index}-before`} rows={null} eventsADay={null} />
        : <tr class="not second"><td class="which"><span class="dim">what came before</span></td><td colSpan={COLUMNS - 1} class="dim none">not learnt: an event of it is judged by itself alone</td></tr>}
    </>
  );
}

const HEADS = [['What for', ''], ['Detector', ''], ['Rows', 'num'], ['For p-values', 'num'], ['Events a day', 'num'], ['Columns', 'num']] as const;

function Table({ model }: { model: Model }) {
  return (
    <table class="open-table learnt-table" id="learnt-table">
      <caption class="vh">Sub-models; a name shows the columns used and dropped</caption>
      <thead><tr>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
      <tbody>{model.sub_models.map((sub, i) => <Row key={sub.name} sub={sub} index={i} />)}</tbody>
    </table>
  );
}

function period(model: Model): string {
  return model.trained_from !== null && model.trained_to !== null ? span(ms(model.trained_from), ms(model.trained_to)) : 'a time that is not known';
}

export function Learnt({ summary }: { summary: Summary | null }) {
  const model = summary?.model ?? null;
  const learnt = model?.sub_models.filter((sub) => sub.rows > 0) ?? [];
  const answer = summary === null ? NOTHING : model === null ? sayWaiting(summary)
    : `${counted(learnt.reduce((sum, sub) => sum + sub.rows, 0), 'row')} from ${period(model)}, in ${counted(learnt.length, 'sub-model')}.`;
  return (
    <Section id="learnt" question="What has the model learnt?" answer={answer}>
      {model !== null && (
        <>
          <p class="digest">Digest <span class="bytes">{model.digest}</span><span class="dim">, seed {String(model.seed)}. It stands with every alert that this model raised.</span></p>
          <Table model={model} />
        </>
      )}
      {summary !== null && model === null && (
        <p class="nowhere">A model is learnt from the first events that come, or given with <code>--model</code>: <code>honeyguide train</code> makes one.</p>
      )}
    </Section>
  );
}
