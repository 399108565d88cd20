// A value of an event: a link to its page (an address) or to the rows that have it, with "only this" and "without this" beside it.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useDesk } from '../desk';
import { visible } from '../format';
import type { Place } from '../url';

const ADDRESSES = new Set(['src', 'dst', 'ip']);

interface ValueProps {
  field: string; // of the filter language
  value: string | null; // null: it has none
  children?: ComponentChildren; // as it is shown; else the value itself
  class?: string | undefined;
  always?: boolean; // the buttons stand there without being pointed at
  to?: Partial<Place>; // elsewhere than to its page or rows
}

export function Value({ field, value, children, class: name = '', always = false, to }: ValueProps) {
  const desk = useDesk();
  const [near, setNear] = useState(false);
  const touched = useRef(false);
  const change = to ?? (ADDRESSES.has(field) && value !== null ? { view: 'address' as const, ip: value } : desk.rows(field, value));
  const said = value === null ? `no ${field}` : visible(value);
  const follow = (event: MouseEvent) => {
    event.stopPropagation();
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (touched.current && !always) desk.touched({ field, value, to: change });
    else desk.go(change);
  };
  const keyed = (event: KeyboardEvent) => {
    touched.current = false;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === '+') desk.only(field, value);
    else if (event.key === '-' || event.key === '−') desk.without(field, value);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const leave = (event: FocusEvent) => {
    if (!(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null)) setNear(false);
  };
  return (
    <span class={`val ${name}`} onPointerEnter={(event) => event.pointerType === 'mouse' && setNear(true)} onPointerLeave={(event) => !(event.currentTarget as HTMLElement).contains(document.activeElement) && setNear(false)}
      onPointerDown={(event) => { touched.current = event.pointerType === 'touch'; }} onFocusIn={() => setNear(true)} onFocusOut={leave} onKeyDown={keyed}>
      <a class="plain" href={desk.href(change)} aria-keyshortcuts="+ -" onClick={follow}>{children ?? said}</a>
      {(near || always) && (
        <span class="only">
          <button type="button" aria-label={`Only ${field} ${said}`} title="Only this" onClick={(event) => { event.stopPropagation(); desk.only(field, value); }}>+</button>
          <button type="button" aria-label={`Without ${field} ${said}`} title="Without this" onClick={(event) => { event.stopPropagation(); desk.without(field, value); }}>−</button>
        </span>
      )}
    </span>
  );
}
