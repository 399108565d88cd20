// The filter: typed with completion, tried before it is taken, and where it is wrong the place is shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, Problem, type FilterFault } from '../api';
import type { Completion } from '../answers';
import { bytesTo, mark, taken } from '../completion';
import { useDesk } from '../desk';
import { count } from '../format';
import { rangeParameters, type Place } from '../url';
import { Icon } from './signs';

const TYPING_MS = 120;
const LISTS = new Set<Place['view']>(['overview', 'incidents', 'events', 'address']); // views of what the filter lets through

type Wrong = FilterFault & { text: string };

function Fault({ wrong, kept }: { wrong: Wrong; kept: string | null }) {
  const { before, wrong: at, after } = mark(wrong.text, wrong.offset, wrong.length);
  return (
    <div class="filter-fault" id="filter-fault" role="alert">
      <p class="bytes" aria-hidden="true">{before}<mark>{at}</mark>{after}</p>
      <p><b>{wrong.length === 0 ? 'Something is missing' : at.trim() || 'This'}</b>{wrong.length === 0 ? ': ' : ' can’t be read. Expected: '}{wrong.expected}.</p>
      {kept !== null && <p class="dim">{kept === '' ? 'The page still shows everything.' : <>The page still shows <code>{kept}</code>.</>}</p>}
    </div>
  );
}

export function FilterBox({ place, fault }: { place: Place; fault: FilterFault | null }) {
  const desk = useDesk();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(place.filter);
  const [found, setFound] = useState<Completion | null>(null);
  const [active, setActive] = useState(-1);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const asked = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const shown = wrong ?? (fault !== null && text === place.filter ? { ...fault, text } : null);

  useEffect(() => {
    setText(place.filter);
    setWrong(null);
    close();
  }, [place.filter]);

  function close(): void {
    clearTimeout(timer.current);
    asked.current++;
    setFound(null);
    setActive(-1);
  }

  function complete(): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(async () => {
      const mine = ++asked.current;
      const box = input.current;
      if (box === null) return;
      try {
        const answer = await ask<Completion>('/complete', { ...rangeParameters(place.range), text: box.value, at: bytesTo(box.value, box.selectionStart ?? box.value.length) });
        if (mine !== asked.current || document.activeElement !== box) return;
        setFound(answer.items.length === 0 ? null : answer);
        setActive(-1);
      } catch {
        if (mine === asked.current) close(); // typing goes on without
      }
    }, TYPING_MS);
  }

  function take(i: number): void {
    const item = found?.items[i];
    if (found === null || item === undefined || input.current === null) return;
    const next = taken(text, found.from, found.to, item.text);
    input.current.value = next.text;
    input.current.setSelectionRange(next.caret, next.caret);
    setText(next.text);
    close();
    if (item.text.endsWith(':')) complete();
  }

  async function submit(): Promise<void> {
    const wanted = text.trim();
    close();
    try {
      if (wanted !== '') await ask('/events', { window: '5m', filter: wanted, limit: 1 });
    } catch (error) {
      if (error instanceof Problem && error.filter !== null) {
        setWrong({ ...error.filter, text: wanted });
        return;
      }
    }
    setWrong(null);
    desk.go({ ...(LISTS.has(place.view) ? {} : { view: 'events' }), filter: wanted });
    document.getElementById('main')?.focus({ preventScroll: true }); // j goes on among the rows
  }

  const keyed = (event: KeyboardEvent) => {
    const last = (found?.items.length ?? 0) - 1;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (found === null) complete();
      else setActive(event.key === 'ArrowDown' ? (active >= last ? -1 : active + 1) : active < 0 ? last : active - 1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (active >= 0) take(active);
      else void submit();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (found !== null) close();
      else {
        setText(place.filter);
        setWrong(null);
        input.current?.blur();
      }
    }
  };
  return (
    <form class="filter" role="search" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <Icon of="search" />
      <label class="vh" for="filter">Filter</label>
      <input class="field bytes" id="filter" ref={input} autocomplete="off" autocapitalize="off" spellcheck={false} maxLength={4096} placeholder="Filter: src:203.0.113.0/24 port:22 score>0.8" value={text} role="combobox"
        aria-expanded={found !== null} aria-controls="completions" aria-autocomplete="list" aria-activedescendant={active >= 0 ? `completion-${active}` : undefined} aria-keyshortcuts="/" aria-invalid={shown !== null}
        aria-describedby={shown === null ? undefined : 'filter-fault'} onInput={(event) => { setText(event.currentTarget.value); setWrong(null); complete(); }} onKeyDown={keyed} onBlur={close} />
      {place.filter !== '' && text === place.filter
        ? <button type="button" class="clear" aria-label="Clear the filter" onClick={() => desk.go({ filter: '' })}><Icon of="close" /></button>
        : <kbd aria-hidden="true">/</kbd>}
      <ul class="completions" id="completions" role="listbox" aria-label="Completions" hidden={found === null}>
        {found?.items.map((item, i) => (
          <li key={item.text} id={`completion-${i}`} role="option" aria-selected={i === active} class={i === active ? 'is-at' : ''} onPointerDown={(event) => { event.preventDefault(); take(i); }}>
            <span class="bytes">{item.text}</span><span class="dim">{item.words}</span><span class="num dim">{item.events === null ? '' : count(item.events)}</span>
          </li>
        ))}
      </ul>
      {shown !== null && <Fault wrong={shown} kept={wrong === null ? null : place.filter} />}
    </form>
  );
}
