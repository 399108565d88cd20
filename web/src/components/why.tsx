// Why an alert is one: what a named detector counted, and the leading features of its score, each with what is usual.
import type { Alert, Feature, Finding } from '../api';
import { lasting, odds, percent, visible } from '../format';
import { countedWords, featureValue, hasRange, rule } from '../names';
import { unexplained } from '../reliability';

const WIDE = 50; // a line that holds values further apart than by this factor is logarithmic

interface Span {
  value: number;
  low: number;
  high: number;
  median: number | null;
}

// Where a value lies on a line that holds the usual range and the value, in percent.
function scaleOf({ value, low, high, median }: Span): (value: number) => string {
  const values = [value, low, high, median].filter((one): one is number => one !== null);
  const wide = Math.max(...values) > WIDE * Math.max(1e-9, Math.min(...values)) && Math.min(...values) >= 0 && Math.max(...values) > 1;
  const shape = wide ? Math.log1p : (one: number) => one;
  const from = Math.min(...values.map(shape));
  const to = Math.max(...values.map(shape));
  const room = to > from ? to - from : 1;
  return (one) => `${4 + ((shape(one) - from) / room) * 92}%`;
}

function Ranger(span: Span) {
  const at = scaleOf(span);
  const { low, high, median, value } = span;
  return (
    <div class="ranger" aria-hidden="true">
      <i style={{ '--a': at(low), '--b': at(high) }} />
      {median !== null && <u style={{ '--m': at(median) }} />}
      <b class={value < low || value > high ? 'out' : ''} style={{ '--x': at(value) }} />
    </div>
  );
}

function FeatureRanger({ feature }: { feature: Feature }) {
  const { low, high, median, value } = feature;
  if (!hasRange(feature) || value === null || low === null || high === null) return null;
  return <Ranger value={value} low={low} high={high} median={median} />;
}

export function usual(feature: Feature, withMedian = true): string {
  if (feature.low === null || feature.high === null) return 'not known';
  if (!hasRange(feature)) return featureValue(feature, feature.median);
  const low = featureValue(feature, feature.low);
  const high = featureValue(feature, feature.high);
  if (low === high) return low;
  return `${low} – ${high}${feature.median === null || !withMedian ? '' : `, median ${featureValue(feature, feature.median)}`}`;
}

function Share({ of }: { of: number }) {
  return <span class="share">{percent(of)}<i aria-hidden="true" style={{ '--v': `${of * 100}%` }} /></span>;
}

export function Features({ alert }: { alert: Alert }) {
  if (alert.features.length === 0) return <p class="dim">{unexplained(alert)}</p>;
  return (
    <table class="feats" id="features">
      <caption class="vh">Leading features with their usual range</caption>
      <thead><tr><th scope="col">Feature</th><th scope="col" class="rng"><span class="vh">Usual range</span></th><th scope="col" class="num">This event</th><th scope="col" class="num">Share</th></tr></thead>
      <tbody>
        {alert.features.map((feature) => (
          <tr key={feature.feature}>
            <td class="f">{feature.words}<small>usual {usual(feature)}</small></td>
            <td class="rng"><FeatureRanger feature={feature} /></td>
            <td class="num"><b>{featureValue(feature, feature.value)}</b></td>
            <td class="num dim"><Share of={feature.share} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const TIMES = { within: 'Within', 'first seen': 'Address first seen', 'seen before': 'Seen there' };

function timeWords({ name, seconds }: Finding): [string, string] {
  const { time } = rule(name);
  return [TIMES[time], `${lasting(seconds)}${time === 'within' ? '' : time === 'first seen' ? ' earlier' : ' before'}`];
}

export function Evidence({ finding }: { finding: Finding }) {
  const { name, counted, limit, also } = finding;
  const facts: [string, string][] = [
    timeWords(finding),
    ['Ordinary events found so', `${odds(finding.p)}, nominal`],
    ...(also.length === 0 ? [] : [['Found as well', also.map((other) => rule(other).words).join(', ')] as [string, string]]),
  ];
  return (
    <div id="evidence">
      <h3>What was counted</h3>
      <table class="feats">
        <caption class="vh">What the detector counted, and from where on that is an alert</caption>
        <tbody>
          <tr>
            <td class="f">{visible(rule(name).words)}<small>an alert from {countedWords(finding, limit)} on</small></td>
            <td class="rng"><Ranger value={counted} low={0} high={limit} median={null} /></td>
            <td class="num"><b>{countedWords(finding, counted)}</b></td>
          </tr>
        </tbody>
      </table>
      <dl class="facts-list">{facts.map(([what, value]) => <div key={what}><dt>{what}</dt><dd>{value}</dd></div>)}</dl>
    </div>
  );
}
