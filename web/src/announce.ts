// What a screen reader hears of the page by itself: the verdict and whether it is live, at most once in ten seconds.

const PAUSE_MS = 10_000;

export function createAnnouncer(region: HTMLElement): (text: string) => void {
  let wanted = '';
  let said = '';
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function say(): void {
    timer = null;
    if (wanted === said) return;
    said = wanted;
    last = performance.now();
    region.textContent = said;
  }

  return (text) => {
    wanted = text;
    if (wanted !== said) timer ??= setTimeout(say, Math.max(0, last + PAUSE_MS - performance.now()));
  };
}
