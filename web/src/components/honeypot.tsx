// What honeypots and Suricata's rules saw: what was tried, typed and fetched, by what clients.
import type { Top } from '../answers';
import { NOTHING, count, counted } from '../format';
import type { State } from '../state';
import { Failed } from './panel';
import { TopList } from './toplist';

export const TRIED = ['user', 'password', 'command', 'url', 'sha256', 'client', 'hassh', 'signature'] as const;
const TITLES: Record<(typeof TRIED)[number], string> = {
  user: 'User names', password: 'Passwords', command: 'Commands', url: 'Downloads', sha256: 'Files, by hash', client: 'Client versions', hassh: 'HASSH', signature: 'Suricata signatures',
};
export const TRIED_SHOWN = 6;

// Events that have no such value are no row of it.
export function valued(top: Top): Top {
  const rows = top.rows.filter((row) => row.key !== null).slice(0, TRIED_SHOWN);
  const without = top.rows.find((row) => row.key === null)?.events ?? 0;
  return { ...top, rows, sum: { ...top.sum, events: top.sum.events - without } };
}

function answer(tops: readonly Top[]): string {
  const of = (field: string) => tops.find((top) => top.field === field);
  const said = [['user', 'user name', 'tried'], ['password', 'password', 'tried'], ['command', 'command', 'typed'], ['sha256', 'file', 'brought'], ['signature', 'signature', 'set off']] as const;
  const parts = said.flatMap(([field, name, did]) => {
    const n = of(field)?.distinct ?? 0;
    return n === 0 ? [] : [`${counted(n, name)} ${did}`];
  });
  return parts.length === 0 ? 'Nothing was tried, typed or fetched where it would be seen.' : `${parts.join(', ')}.`;
}

export function Honeypot({ state, retry }: { state: State; retry(): void }) {
  const { tried } = state.panels;
  const tops = (tried.data?.tops ?? []).map(valued);
  const any = tried.data === null || tops.some((top) => top.rows.length > 0);
  const none = (field: string): Top => ({ field, distinct: 0, rows: [], sum: { ...EMPTY } });
  return (
    <div class="tried" id="tried-here">
      <div class="h3row"><h3>What they tried</h3></div>
      {tried.problem ? <Failed what="What was tried" problem={tried.problem} retry={retry} /> : <p class="told">{tried.data === null ? NOTHING : answer(tops)}</p>}
      {any && (
        <div class="top-lists">
          {TRIED.map((field) => <TopList key={field} title={TITLES[field]} top={tops.find((top) => top.field === field) ?? none(field)} size={TRIED_SHOWN + 1} />)}
        </div>
      )}
      {tried.data !== null && !tried.data.complete && <p class="dim">Ordinary events are not kept for all of this time; those of honeypots are. {count(tops[0]?.sum.events ?? 0)} events count here.</p>}
    </div>
  );
}

const EMPTY = { events: 0, anomalous: 0, by_label: 0, by_score: 0, by_both: 0, high: 0, medium: 0, low: 0, mean_score: null, mean_score_all: null, max_score: null };
