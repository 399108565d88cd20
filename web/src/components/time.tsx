// 3. What is happening over time?
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Bucket, TimeSeries } from '../api';
import { createPlots, type Plots } from '../charts/plots';
import { useDesk } from '../desk';
import { withTerm } from '../filtertext';
import { NOTHING, count, counted, lasting, score, shape } from '../format';
import { rangeOf, stretchOf, watched, type Watched } from '../observed';
import type { State } from '../state';
import { bucketTime, duration, overTime } from '../words';
import { Section } from './panel';
import type { Crosshair } from './spark';
import { Sign } from './signs';

function partly(here: Watched): string {
  return `${lasting(here.blind)} of ${lasting(here.seconds)} not observed`;
}

function lastCell(bucket: Bucket, here: Watched | undefined): string {
  if (here === undefined || here.seen === 'all') return bucket.burst ? 'burst' : '';
  if (here.seen === 'none') return 'not observed';
  return `${bucket.burst ? 'burst, ' : ''}${partly(here)}`;
}

function Readout({ series, index }: { series: TimeSeries | null; index: number | null }) {
  const seen = useMemo(() => (series === null ? [] : watched(series)), [series]);
  const shown = index ?? seen.findLastIndex((one) => one.seen !== 'none');
  const bucket = series?.buckets[shown];
  const here = seen[shown];
  if (series === null || bucket === undefined || here === undefined) return <p class="readout">{NOTHING}</p>;
  if (here.seen === 'none')
    return <p class="readout"><b>{bucketTime(bucket, series)}</b> <span>nothing was observed</span></p>;
  const label = bucket.anomalous - bucket.high - bucket.medium - bucket.low;
  const time = bucketTime(bucket, series);
  const split = ` anomalous: ${count(bucket.high)} high, ${count(bucket.medium)} medium, ${count(bucket.low)} low, ${count(label)} by label only`;
  const figures = [count(bucket.anomalous), score(bucket.mean_score), score(bucket.mean_score_all), count(bucket.events)] as const;
  return (
    <p class="readout" key={shape([time, split, ...figures].join(' '))}>
      <b>{time}</b>
      <span><b>{figures[0]}</b>{split}</span>
      <span>mean score <b>{figures[1]}</b>, of all events <b>{figures[2]}</b></span>
      <span><b>{figures[3]}</b>{bucket.events === 1 ? ' event' : ' events'}</span>
      {(bucket.burst || here.seen === 'part') && <span>{bucket.burst && <b>burst</b>}{bucket.burst && here.seen === 'part' ? ', ' : ''}{here.seen === 'part' ? partly(here) : ''}</span>}
    </p>
  );
}

function Table({ series }: { series: TimeSeries }) {
  const seen = watched(series);
  const observed = (i: number) => seen[i]?.seen !== 'none';
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="The series as a table">
      <table class="plain-t" id="series-table">
        <caption class="vh">Anomalous events, scores and events every {duration(series.bucket_seconds)}</caption>
        <thead>
          <tr>{['Time', 'Anomalous', 'High', 'Medium', 'Low', 'Label only', 'Mean score', 'Mean of all', 'Events', ''].map((name) => <th scope="col" class={name === 'Time' ? '' : 'num'} key={name}>{name === '' ? <span class="vh">Remark</span> : name}</th>)}</tr>
        </thead>
        <tbody>
          {series.buckets.map((b, at) => (
            <tr key={b.time} data-time={b.time}>
              <td>{bucketTime(b, series)}</td>
              {observed(at)
                ? [b.anomalous, b.high, b.medium, b.low, b.anomalous - b.high - b.medium - b.low].map((value, i) => <td class="num" key={i}>{count(value)}</td>)
                : [0, 1, 2, 3, 4].map((i) => <td class="num dim" key={i}>{NOTHING}</td>)}
              <td class="num">{score(b.mean_score)}</td>
              <td class="num">{score(b.mean_score_all)}</td>
              <td class="num">{observed(at) ? count(b.events) : NOTHING}</td>
              <td class="dim">{lastCell(b, seen[at])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Key({ series }: { series: TimeSeries | null }) {
  return (
    <p class="p-name">
      <b>Anomalous events</b> <span>{series === null ? '' : `every ${duration(series.bucket_seconds)}`}</span>
      <span class="key"><Sign of="high" /> high</span><span class="key"><Sign of="medium" /> medium</span>
      <span class="key"><Sign of="low" /> low</span><span class="key"><span class="sw sw-label" /> by label only</span>
      <span class="key"><span class="sw sw-hatch" /> not observed</span>
    </p>
  );
}

function observedWords(series: TimeSeries): string {
  const seen = watched(series);
  const number = (of: Watched['seen']) => seen.filter((one) => one.seen === of).length;
  const [whole, part] = [number('all'), number('part')];
  if (whole === seen.length) return `All ${counted(whole, 'interval')} observed`;
  return `${count(whole)} of ${counted(seen.length, 'interval')} observed${part === 0 ? '' : `, ${count(part)} in part`}`;
}

interface TimeProps extends Crosshair {
  state: State;
  dark: string;
  retry(): void;
}

export function TimeCharts({ state, dark, index, point, retry }: TimeProps) {
  const { data: series, problem } = state.panels.series;
  const box = useRef<HTMLDivElement>(null);
  const anomalous = useRef<HTMLDivElement>(null);
  const scores = useRef<HTMLDivElement>(null);
  const events = useRef<HTMLDivElement>(null);
  const plots = useRef<Plots | null>(null);
  const [table, setTable] = useState(false);
  const desk = useDesk();
  const [anchor, setAnchor] = useState<number | null>(null); // where a stretch chosen by keys begins
  const shown = useRef(series);
  shown.current = series;
  const open = (at: number) => {
    const of = stretchOf(shown.current, at, at);
    if (of !== null) desk.go({ view: 'events', filter: withTerm(desk.filter(), 'by:*'), range: rangeOf(of) });
  };

  // A theme's colours and a zone's times are drawn into the canvas: another theme or zone, other plots.
  useLayoutEffect(() => {
    if (!box.current || !anomalous.current || !scores.current || !events.current) return;
    const made = createPlots({ anomalous: anomalous.current, score: scores.current, events: events.current }, { pointed: point, zoom: desk.zoom, open });
    plots.current = made;
    made.resize(box.current.clientWidth);
    const watch = new ResizeObserver(([entry]) => entry && made.resize(entry.contentRect.width));
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [dark, state.place.zone]);
  useEffect(() => {
    if (series !== null) plots.current?.show(series);
  }, [series, dark, state.place.zone]);
  useEffect(() => plots.current?.point(index), [index]);

  const answer = useMemo(() => (series === null ? NOTHING : overTime(series)), [series]);
  const any = series !== null && series.buckets.length > 0;
  const choose = (from: number | null, to: number) => {
    setAnchor(from);
    plots.current?.select(from, to);
  };
  const take = (event: KeyboardEvent) => {
    const of = index === null ? null : stretchOf(series, anchor ?? index, index);
    if (of === null) return;
    event.preventDefault();
    if (anchor === null || anchor === index) open(index as number);
    else {
      desk.zoom(of.from, of.to);
      point(null);
    }
    choose(null, 0);
  };
  const move = (event: KeyboardEvent) => {
    const last = (series?.buckets.length ?? 0) - 1;
    if (event.key === 'Enter') return take(event);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || last < 0) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, (index ?? last + (step > 0 ? -1 : 1)) + step));
    point(next);
    if (event.shiftKey) choose(anchor ?? index ?? last, next);
    else choose(null, 0);
  };
  return (
    <Section id="time" question="What is happening over time?" answer={answer} problem={problem} what="The series" retry={retry}>
      <div class="time" ref={box} tabIndex={0} role="group" aria-label={`Charts over time; arrow keys move the crosshair, with Shift they choose a stretch; Enter opens its rows, or zooms in. ${answer}`} onKeyDown={move}
        onBlur={() => { point(null); choose(null, 0); }}>
        <Readout series={series} index={index} />
        <Key series={series} />
        <div class="plot h-l" ref={anomalous} aria-hidden="true" />
        <p class="p-name"><b>Mean score</b> <span>ten times as odd with each line</span><span class="key"><span class="ln ln-score" /> of anomalous events</span><span class="key"><span class="ln ln-all" /> of all events</span></p>
        <div class="plot h-m" ref={scores} aria-hidden="true" />
        <p class="p-name"><b>All events</b> <span>{series === null ? '' : `every ${duration(series.bucket_seconds)}`}</span></p>
        <div class="plot h-s" ref={events} aria-hidden="true" />
      </div>
      <p class="more-row">
        <span>{!any ? '' : observedWords(series)}</span>
        {any && <button type="button" class="link" aria-expanded={table} onClick={() => setTable(!table)}>{table ? 'Hide the table' : 'Show as a table'}</button>}
      </p>
      {table && any && <Table series={series} />}
    </Section>
  );
}
