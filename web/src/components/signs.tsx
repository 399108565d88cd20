// Small drawings: severity by shape and colour, and the few icons.
import type { Severity } from '../api';
import { SEVERITY_MEANING } from '../reliability';
import { SEVERITY_WORDS } from '../words';

export function Sign({ of }: { of: Severity }) {
  return (
    <svg class={`sign ${of}`} viewBox="0 0 10 10" aria-hidden="true">
      {of === 'high' && <path d="M5-.4 10.4 5 5 10.4-.4 5Z" />}
      {of === 'medium' && <path d="M5 .2 10.2 9.4H-.2Z" />}
      {of === 'low' && <circle cx="5" cy="5" r="3.9" fill="none" stroke="currentColor" stroke-width="1.9" />}
      {of === 'none' && <path d="M1 4h8v2H1Z" />}
    </svg>
  );
}

export function SeverityWord({ of }: { of: Severity }) {
  return (
    <span class={`sev sev-${of}`} title={SEVERITY_MEANING[of]}>
      <Sign of={of} />
      {SEVERITY_WORDS[of]}
    </span>
  );
}

const PATHS = {
  check: 'm3 8.5 3.2 3.2L13 5',
  alert: 'M8 3v6.5M8 12.5v.1',
  close: 'm4 4 8 8M12 4l-8 8',
  left: 'M9.5 4 5.5 8l4 4',
  right: 'm6.5 4 4 4-4 4',
  down: 'm4 6.5 4 4 4-4',
  search: 'M11.25 7a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0ZM10.3 10.3l3.2 3.2',
  mark: 'M4.5 2.75h7v10.5L8 10.5l-3.5 2.75Z',
} as const;

export function Icon({ of }: { of: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[of]} />
    </svg>
  );
}

export function ThemeIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="5.25" />
      <path d="M8 2.75a5.25 5.25 0 0 1 0 10.5Z" fill="currentColor" />
    </svg>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 18 18" aria-hidden="true">
      <path d="M9 1.2 15.8 5v8L9 16.8 2.2 13V5Z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" />
      <circle cx="9" cy="9" r="2.6" fill="currentColor" />
    </svg>
  );
}
