// A link to a place of this page: it goes there without loading, unless it is to be opened elsewhere.
import type { ComponentChildren } from 'preact';
import { formatPlace, moved, parsePlace, type Place } from '../url';

export type Go = (change: Partial<Place>) => void;

interface LinkProps {
  to: Partial<Place>;
  go: Go;
  children: ComponentChildren;
  class?: string | undefined;
  id?: string | undefined;
  current?: boolean | undefined;
}

export function PlaceLink({ to, go, children, class: name, id, current }: LinkProps) {
  const follow = (event: MouseEvent) => {
    event.stopPropagation();
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return <a class={name} id={id} href={formatPlace(moved(parsePlace(location.search), to))} aria-current={current ? 'page' : undefined} onClick={follow}>{children}</a>;
}
