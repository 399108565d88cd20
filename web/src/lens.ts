// What moves the map: keys, a dragging mouse or finger, the wheel with Ctrl, two fingers.
import { useRef, useState } from 'preact/hooks';
import { WHOLE, looked, seenBox, zoomed, type Lens, type Spot } from './map';

const STEP = 0.15; // of what is seen, with a key
const STILL = 4; // pixels that a pointer may move and yet only click

interface Finger {
  x: number;
  y: number;
}

interface Pinch {
  lens: Lens;
  apart: number;
  at: Spot;
}

function spotOf(map: HTMLElement, { x, y }: Finger): Spot {
  const { left, top, width, height } = map.getBoundingClientRect();
  return { x: (x - left) / width - 0.5, y: (y - top) / height - 0.5 };
}

export function useLens() {
  const [lens, setLens] = useState(WHOLE);
  const held = useRef<{ x: number; y: number; lens: Lens; moved: boolean } | null>(null);
  const fingers = useRef(new Map<number, Finger>());
  const pinch = useRef<Pinch | null>(null);
  const look = (next: Lens) => setLens(looked(next));

  const pair = (map: HTMLElement): Pinch => {
    const [a, b] = [...fingers.current.values()] as [Finger, Finger];
    return { lens, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)), at: spotOf(map, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }) };
  };
  const onPointerDown = (event: PointerEvent) => {
    const map = event.currentTarget as HTMLElement;
    if (event.isPrimary) fingers.current.clear();
    if (event.pointerType === 'touch') fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    pinch.current = fingers.current.size === 2 ? pair(map) : null;
    if (pinch.current === null) held.current = lens.k > 1 && event.button === 0 ? { x: event.clientX, y: event.clientY, lens, moved: false } : null;
    else for (const id of fingers.current.keys()) map.setPointerCapture(id); // what they lie on may go
  };
  const onPointerMove = (event: PointerEvent) => {
    const map = event.currentTarget as HTMLElement;
    if (fingers.current.has(event.pointerId)) fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pinch.current !== null) {
      const { lens: from, apart, at } = pinch.current;
      const now = pair(map);
      setLens(zoomed(from, (from.k * now.apart) / apart, at, now.at));
      return;
    }
    const from = held.current;
    const width = map.clientWidth;
    if (from === null || event.buttons === 0 || width === 0) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    from.moved ||= Math.hypot(dx, dy) > STILL;
    if (from.moved && event.pointerType === 'touch') map.setPointerCapture(event.pointerId);
    const seen = seenBox(from.lens);
    look({ k: from.lens.k, x: from.lens.x - (dx * seen.width) / width, y: from.lens.y - (dy * seen.width) / width });
  };
  // The finger that stays goes on moving the map.
  const onPointerUp = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
    if (pinch.current === null) return;
    pinch.current = null;
    const [left] = fingers.current.values();
    held.current = left === undefined ? null : { ...left, lens, moved: true };
  };
  // The wheel alone scrolls the page. What is under the pointer stays there.
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = spotOf(event.currentTarget as HTMLElement, { x: event.clientX, y: event.clientY });
    setLens((from) => zoomed(from, from.k * 2 ** (-event.deltaY / 240), at));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== event.currentTarget) return;
    const seen = seenBox(lens);
    if (event.key === '+' || event.key === '=') look({ ...lens, k: lens.k * 2 });
    else if (event.key === '-') look({ ...lens, k: lens.k / 2 });
    else if (move !== undefined && lens.k > 1) look({ ...lens, x: lens.x + (move[0] as number) * STEP * seen.width, y: lens.y + (move[1] as number) * STEP * seen.height });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { lens, look, dragged: () => held.current?.moved === true, handlers: { onKeyDown, onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onWheel } };
}
