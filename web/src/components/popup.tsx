// What floats over the page under a button: it takes the focus, Esc closes it, and the focus goes back to where it came from.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PopupProps {
  id: string;
  label: string;
  close(): void;
  modal?: boolean;
  children: ComponentChildren;
}

export function Popup({ id, label, close, modal = false, children }: PopupProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    (box.current?.querySelector<HTMLElement>('[data-first]') ?? box.current)?.focus();
    return () => {
      if (box.current === null || box.current.contains(document.activeElement) || document.activeElement === document.body) before?.focus();
    };
  }, []);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!(event.target instanceof Element) || box.current?.contains(event.target) || event.target.closest(`[aria-controls="${id}"]`)) return;
      close();
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  });
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
    if (event.key !== 'Tab' || !modal) return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>('a[href], button:not([disabled]), input, select') ?? [])];
    const [first, last] = [all[0], all.at(-1)];
    const at = document.activeElement;
    if (event.shiftKey ? at === first || at === box.current : at === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  };
  return (
    <div class="popup" id={id} role="dialog" aria-label={label} aria-modal={modal} tabIndex={-1} ref={box} onKeyDown={keyed}>
      {children}
    </div>
  );
}
