// Drift of p-values: a bar an hour, as high as the strongest test of the hour found them from even; dark where that is significant.
import type { Drift, DriftHour } from '../api';
import { NOTHING, day, minute, ms } from '../format';
import { driftWords, sayDrift } from '../learning';
import { subModelName } from '../reliability';
import type { Slot } from '../state';
import { Section } from './panel';

const HOUR_MS = 3_600_000;
const HOURS = 168;
const HEIGHT = 36;
const TOP_LEAST = 0.2; // distances below are hardly more than chance: the axis does not magnify them

function Bars({ hours, end, top }: { hours: readonly DriftHour[]; end: number; top: number }) {
  const x = (hour: DriftHour) => HOURS - 1 - (end - ms(hour.hour)) / HOUR_MS;
  return (
    <svg class="drift-bars" viewBox={`0 0 ${HOURS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {hours.filter((hour) => x(hour) >= 0).map((hour) => {
        const height = hour.checks === 0 ? 1 : Math.max(1.5, (hour.distance / top) * HEIGHT);
        return <rect key={hour.hour} class={hour.marks > 0 ? 'out' : hour.checks === 0 ? 'none' : ''} x={x(hour) + 0.1} width={0.8} y={HEIGHT - height} height={height} />;
      })}
    </svg>
  );
}

function Kinds({ drift }: { drift: Drift }) {
  const hours = drift.kinds.flatMap((kind) => kind.hours);
  const end = Math.max(...hours.map((hour) => ms(hour.hour)));
  const top = Math.max(TOP_LEAST, ...hours.map((hour) => hour.distance));
  const from = end - (HOURS - 1) * HOUR_MS;
  const stamp = (at: number) => `${day(at)} ${minute(at)}`;
  return (
    <>
      <p class="p-name drift-key">
        <b>Distance of the p-values from even, by hour</b> <span>{`bars from 0 to ${top.toFixed(2)}`}</span> <span class="key"><span class="sw sw-label" /> tested</span><span class="key"><span class="sw sw-out" /> significant</span>
        <span class="key"><span class="sw sw-seen" /> events, no test ended</span>
      </p>
      <ul class="drifts" id="drifts">
        {drift.kinds.map(({ kind, hours: own }) => (
          <li key={kind}>
            <b>{subModelName(kind)}</b>
            <Bars hours={own} end={end} top={top} />
            <span class="told">{driftWords(own)}</span>
          </li>
        ))}
      </ul>
      <p class="drift-ends"><span>{stamp(from)}</span><span>{stamp(end + HOUR_MS)}</span></p>
    </>
  );
}

export function DriftView({ slot, retry }: { slot: Slot<Drift>; retry(): void }) {
  const { data, problem } = slot;
  return (
    <Section id="drift" question="Has the traffic drifted from what was learnt?" problem={problem} what="Drift" retry={retry} answer={data === null ? NOTHING : sayDrift(data)}>
      {data !== null && data.kinds.length > 0 && <Kinds drift={data} />}
    </Section>
  );
}
