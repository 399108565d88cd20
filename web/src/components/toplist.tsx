// The values of a field that there are most of, each a link to its rows.
import type { Top } from '../answers';
import { NOTHING, count, counted, visible } from '../format';
import { attack, country, service } from '../names';
import { Num } from './num';
import { Value } from './value';

const BYTES = new Set(['user', 'password', 'command', 'url', 'sha256', 'client', 'hassh']);

interface TopListProps {
  top: Top;
  title: string;
  size?: number; // rows that there is room for from the beginning
}

export function TopList({ top, title, size }: TopListProps) {
  const most = Math.max(1, ...top.rows.map((row) => row.events));
  const name = (key: string | null) => {
    if (key === null) return <span class="dim">none</span>;
    if (top.field === 'port') return <>{key} <span class="dim">{service(key)}</span></>;
    if (top.field === 'type') return <>{attack(key)}</>;
    if (top.field === 'country') return <>{country(key)}</>;
    return <span class={BYTES.has(top.field) ? 'bytes' : ''}>{key === '' ? '(empty)' : visible(key)}</span>;
  };
  return (
    <div class="top-list">
      <div class="h3row"><h3>{title}</h3><span class="dim">{count(top.distinct)}</span></div>
      <ol class="top-rows" style={size === undefined ? {} : { '--rows': size }}>
        {top.rows.map((row) => (
          <li key={row.key ?? ''}>
            <Value field={top.field} value={row.key} class="k">{name(row.key)}</Value>
            <span class="track" aria-hidden="true"><i style={{ '--v': `${(row.events / most) * 100}%` }} /></span>
            <Num text={count(row.events)} />
          </li>
        ))}
        {size !== undefined && top.rows.length === 0 && <li class="dim">{NOTHING}</li>}
        {top.distinct > top.rows.length && <li class="rest dim"><span class="k">{counted(top.distinct - top.rows.length, 'other')}</span><span /><Num text={count(Math.max(0, top.sum.events - top.rows.reduce((sum, row) => sum + row.events, 0)))} /></li>}
      </ol>
    </div>
  );
}
