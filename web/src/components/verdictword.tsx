// Asked and achieved of a week: as sign and word.
import type { WeekVerdict } from '../api';
import { VERDICT_SIGNS, VERDICT_WORDS } from '../reliability';
import { Icon, Sign } from './signs';

// Only beside words that say the same.
export function VerdictSign({ of }: { of: WeekVerdict }) {
  const sign = VERDICT_SIGNS[of];
  return sign === 'ok' ? <span class="check"><Icon of="check" /></span> : <Sign of={sign} />;
}

export function VerdictWord({ of }: { of: WeekVerdict }) {
  const sign = VERDICT_SIGNS[of];
  return <span class={`state ${sign === 'ok' ? '' : `sev sev-${sign}`}`}><VerdictSign of={of} />{VERDICT_WORDS[of]}</span>;
}
