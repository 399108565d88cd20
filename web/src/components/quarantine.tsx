// What could not be read, as it was kept. Everything is a text node; strange bytes show as what they are.
import type { Kept, QuarantineSum } from '../api';
import { NOTHING, bytes, count, counted, visible } from '../format';
import { log } from '../names';
import { reasonWords } from '../sources';
import { KEPT_MAX, KEPT_SHOWN, KEPT_STEP, type Retried, type State } from '../state';
import { Section } from './panel';

const RECORD_SHOWN = 2000;

function answer({ records, records_max, bytes: size, bytes_max, dropped }: QuarantineSum): string {
  if (records === 0 && dropped === 0) return 'Every record could be read.';
  const kept = `${counted(records, 'record')} of ${count(records_max)} possible ${records === 1 ? 'is' : 'are'} kept, ${bytes(size)} of ${bytes(bytes_max)}.`;
  return dropped === 0 ? kept : `${kept} ${counted(dropped, 'older one')} had to go.`;
}

function shown(kept: Kept): string {
  const text = kept.record;
  return visible(text.length > RECORD_SHOWN ? `${text.slice(0, RECORD_SHOWN)} … and ${counted(text.length - RECORD_SHOWN, 'character')} more` : text, true);
}

const PREVIEW = 200;

function KeptRow({ kept, busy, again }: { kept: Kept; busy: boolean; again(number: number): void }) {
  const text = shown(kept);
  return (
    <li>
      <details>
        <summary>
          <b>{reasonWords(kept.reason, kept.reason_text)}</b>
          <span class="from">{visible(kept.source)} <span class="dim">{`at ${count(kept.offset)}`}</span></span>
          <span class="bytes preview">{text.slice(0, PREVIEW)}</span>
        </summary>
        <p class="dim">{`${visible(kept.reason_text)}; read as ${log(kept.format)}, record ${count(kept.number)} of the quarantine${kept.record_base64 === undefined ? '' : '; bytes that are no UTF-8 stand as \\xff'}`}</p>
        <pre class="raw" tabIndex={0} aria-label={`Record ${kept.number} as it was read`}>{text}</pre>
        <button type="button" class="btn" disabled={busy} aria-label={`Try again: record ${kept.number}`} onClick={() => again(kept.number)}>Try again</button>
      </details>
    </li>
  );
}

interface QuarantineProps {
  state: State;
  retry(): void;
  again(number: number | null): void; // null: all
  more(limit: number): void;
}

export function QuarantineList({ state, retry, again, more }: QuarantineProps) {
  const { data, problem } = state.panels.quarantine;
  const records = data?.records ?? [];
  const { busy, said }: Retried = state.retried;
  const total = data?.quarantine.records ?? 0;
  const rest = Math.min(KEPT_STEP, total - records.length, KEPT_MAX - records.length);
  return (
    <Section id="quarantine" question="What could not be read?" answer={data === null ? NOTHING : answer(data.quarantine)} problem={problem} what="The quarantine" retry={retry}>
      <div class="retry">
        {total > 0 && <button type="button" class="btn" id="retry-all" disabled={busy} onClick={() => again(null)}>{busy ? 'Trying …' : 'Try all again'}</button>}
        <span role="status" id="retried">{said}</span>
      </div>
      {records.length > 0 && <p class="kept-head" aria-hidden="true"><span>Reason</span><span>Source, byte</span><span>Record</span></p>}
      <ol class="kept-list" aria-label="Records that could not be read, the last first">
        {records.map((kept) => <KeptRow key={kept.number} kept={kept} busy={busy} again={again} />)}
      </ol>
      <p class="more-row">
        <span>{records.length === 0 ? '' : `The last ${counted(records.length, 'record')} of ${count(total)}`}</span>
        {rest > 0 && <button type="button" class="link" onClick={() => more(records.length + rest)}>{`Show the next ${count(rest)}`}</button>}
        {records.length > KEPT_SHOWN && <button type="button" class="link" onClick={() => more(KEPT_SHOWN)}>{`Show only ${KEPT_SHOWN}`}</button>}
      </p>
    </Section>
  );
}
