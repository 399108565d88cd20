// How full the store is, what limits are set, and what went.
import type { Storage } from '../answers';
import { NOTHING, bytes, count, counted, date, lasting, ms } from '../format';
import type { State } from '../state';
import { Section } from './panel';

function limits({ limits: of }: Storage): string {
  const parts = [
    of.keep_seconds === null ? '' : `what is older than ${lasting(of.keep_seconds)} goes`,
    of.keep_bytes === null ? '' : `the oldest events go beyond ${bytes(of.keep_bytes)}`,
    of.min_free_bytes === null ? '' : `and with less than ${bytes(of.min_free_bytes)} of free disk`,
  ].filter((part) => part !== '');
  const said = parts.join('; ').replace(/^and /, '');
  return said === '' ? 'No limit is set: events of honeypots and anomalous ones stay.' : `${said.slice(0, 1).toUpperCase()}${said.slice(1)}.`;
}

function answer(storage: Storage): string {
  const free = storage.free_bytes === null ? '' : `, ${bytes(storage.free_bytes)} of the disk ${storage.free_bytes === 1 ? 'is' : 'are'} free`;
  return `The store takes ${bytes(storage.bytes)}${free}.`;
}

export function StorageFill({ state, retry }: { state: State; retry(): void }) {
  const { data, problem } = state.panels.storage;
  const facts: [string, string][] = data === null ? [] : [
    ['ordinary events kept', `${count(data.recent_events)} of ${count(data.recent_events_max)}`],
    ['oldest event', data.oldest_event === null ? NOTHING : date(ms(data.oldest_event))],
    ['went by limits', data.dropped_events === 0 ? 'none' : counted(data.dropped_events, 'event')],
    ['columns for asking', `${counted(data.index.events, 'event')}${data.index.behind === 0 ? '' : `, ${count(data.index.behind)} to come`}, ${bytes(data.index.bytes)}`],
  ];
  return (
    <Section id="storage" question="How full is it?" answer={data === null ? NOTHING : answer(data)} problem={problem} what="The store" retry={retry}>
      <p class="told">{data === null ? NOTHING : limits(data)}</p>
      <dl class="figures">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </Section>
  );
}
