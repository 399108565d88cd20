// The event stream, with its own reconnecting: 1, 2, 4 ... 15 seconds after an end, and a look at /health when it is silent.
import { ask, type Commit, type Health } from './api';
import type { Store } from './state';

const BACKOFF_MS = [1000, 2000, 4000, 8000, 15000];
const SILENCE_MS = 20_000; // then the server is asked whether it is there

export interface Live {
  start(): void;
  retry(): void;
}

export function createLive(store: Store, changed: (commit: Commit) => void): Live {
  let stream: EventSource | null = null;
  let failures = 0;
  let heard: number | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function hear(message: MessageEvent<string>): void {
    const commit = JSON.parse(message.data) as Commit;
    failures = 0;
    heard = Date.now();
    store.set({ link: { is: 'live', rate: commit.rate } });
    changed(commit);
  }

  function lost(): void {
    stream?.close();
    stream = null;
    const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 15000;
    failures++;
    store.set({ link: { is: 'off', since: heard, retryAt: Date.now() + wait, trying: false }, now: Date.now() });
    clearTimeout(retryTimer);
    retryTimer = setTimeout(connect, wait);
  }

  function connect(): void {
    clearTimeout(retryTimer);
    const { link } = store.get();
    if (link.is === 'off') store.set({ link: { ...link, trying: true } });
    stream?.close();
    stream = new EventSource('/api/v1/stream');
    stream.addEventListener('commit', hear);
    stream.addEventListener('resync', hear);
    stream.addEventListener('error', lost);
  }

  // Comments that keep the connection open are not seen here, so that a silent server is asked.
  async function watch(): Promise<void> {
    const { link } = store.get();
    if (link.is === 'off') store.set({ now: Date.now() });
    if (link.is !== 'live' || heard === null || Date.now() - heard < SILENCE_MS) return;
    const asked = heard;
    heard = Date.now();
    try {
      store.set({ health: await ask<Health>('/health') });
    } catch (problem) {
      if (problem instanceof Error && 'status' in problem && problem.status === 503) return; // it is there: stalled
      heard = asked;
      lost();
    }
  }

  return {
    start() {
      connect();
      setInterval(() => void watch(), 1000);
    },
    retry: connect,
  };
}
