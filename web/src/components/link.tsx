// A link to a place of this page: it goes there without loading, unless it is to be opened elsewhere.
import type { ComponentChildren } from 'preact';
import { formatPlace, parsePlace, type Place } from '../url';

export type Go = (change: Partial<Place>) => void;

interface LinkProps {
  to: Partial<Place>;
  go: Go;
  children: ComponentChildren;
  class?: string;
  current?: boolean | undefined;
}

export function PlaceLink({ to, go, children, class: name, current }: LinkProps) {
  const place = { ...parsePlace(location.search), ...to };
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return <a class={name} href={formatPlace(place)} aria-current={current ? 'page' : undefined} onClick={follow}>{children}</a>;
}
