// A source's state as sign and word, and what it writes.
import type { Severity, Source } from '../api';
import { log } from '../names';
import { STATE_WORDS, troubles } from '../sources';
import { Icon, Sign } from './signs';

function worst(source: Source): Severity | 'ok' {
  const sign = troubles(source)[0]?.sign ?? 'none';
  return sign === 'none' && source.state === 'live' ? 'ok' : sign;
}

export function StateSign({ source }: { source: Source }) {
  const sign = worst(source);
  return sign === 'ok' ? <span class="check"><Icon of="check" /></span> : <Sign of={sign} />;
}

export function StateWord({ source }: { source: Source }) {
  const sign = worst(source);
  return (
    <span class={`state ${sign === 'ok' ? '' : `sev sev-${sign}`}`}>
      <StateSign source={source} />
      {STATE_WORDS[source.state] ?? source.state}
    </span>
  );
}

// Empty while it has sent nothing.
export function formatNames(source: Source): string {
  return source.formats.map(log).join(', ');
}
