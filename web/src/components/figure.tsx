// A number that changes in place: the ground behind it fades, at most once in two seconds.
import { useLayoutEffect, useRef } from 'preact/hooks';

const PAUSE_MS = 2000;

export function Figure({ text, children }: { text: string; children?: preact.ComponentChildren }) {
  const span = useRef<HTMLSpanElement>(null);
  const last = useRef({ text, at: -Infinity, odd: false });
  useLayoutEffect(() => {
    const seen = last.current;
    if (seen.text === text) return;
    const first = seen.text === '–';
    seen.text = text;
    const now = performance.now();
    if (first || now - seen.at < PAUSE_MS || span.current === null) return;
    seen.at = now;
    seen.odd = !seen.odd; // two names of one animation: changing it starts it anew
    span.current.className = seen.odd ? 'changed odd' : 'changed even';
  }, [text]);
  return (
    <span class="fig">
      <span ref={span}>{text}</span>
      {children}
    </span>
  );
}
