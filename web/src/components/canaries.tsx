// Made-up attacks that try the running detector: how many it found, and how soon.
import type { Canaries } from '../api';
import { NOTHING, count, lasting, visible } from '../format';
import { lastWords, sayCanaries } from '../learning';
import type { Slot } from '../state';
import { Num } from './num';
import { Section } from './panel';

const HEADS = [['Kind', ''], ['Injected', 'num'], ['Found', 'num'], ['Missed', 'num'], ['Time to alert', 'num'], ['Last', 'num']] as const;

function Table({ canaries }: { canaries: Canaries }) {
  return (
    <table class="open-table canary-table" id="canary-table">
      <caption class="vh">Made-up attacks by kind; the time to the alert is the median of event time</caption>
      <thead><tr>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
      <tbody>
        {canaries.kinds.map((kind) => (
          <tr key={kind.kind} class="not">
            <td class="which">{visible(kind.words)}</td>
            <td class="num" data-label="injected"><Num text={count(kind.injected)} /></td>
            <td class="num" data-label="found"><Num text={count(kind.found)} /></td>
            <td class="num" data-label="missed"><Num text={count(kind.missed)} /></td>
            <td class="num" data-label="time to alert"><Num text={kind.median_seconds_to_alert === null ? NOTHING : lasting(kind.median_seconds_to_alert)} /></td>
            <td class="num" data-label="last"><Num text={lastWords(kind)} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function CanariesView({ slot, retry }: { slot: Slot<Canaries>; retry(): void }) {
  const { data, problem } = slot;
  return (
    <Section id="canaries" question="Does it find made-up attacks?" problem={problem} what="What came of the made-up attacks" retry={retry} answer={data === null ? NOTHING : sayCanaries(data)}>
      {data !== null && !data.enabled && <p class="nowhere">Off. <code>honeyguide serve --canaries …</code> sends some through the detector, at a low rate. They are in no figure and no lesson.</p>}
      {data !== null && data.enabled && data.kinds.length > 0 && <Table canaries={data} />}
    </Section>
  );
}
