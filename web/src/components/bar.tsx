// The bar at the top and the banner under it.
import type { Summary } from '../api';
import { clock, count, ms, rate, span } from '../format';
import type { Link, State } from '../state';
import type { Theme } from '../theme';
import { troubledCount } from '../sources';
import { PRESETS, windowIn, type View } from '../url';
import { windowName } from '../window';
import { PlaceLink, type Go } from './link';
import { Num } from './num';
import { Logo, Sign, ThemeIcon } from './signs';

const THEMES: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

function LiveState({ link }: { link: Link }) {
  return (
    <p class={`live ${link.is === 'live' ? '' : 'off'}`} id="live">
      <span class="dot" aria-hidden="true" />
      <b>{link.is === 'live' ? 'Live' : 'Not live'}</b>
      <Num class="dim rate" text={link.is === 'live' ? rate(link.rate) : ''} />
    </p>
  );
}

const PAGES = { overview: 'Overview', incidents: 'Incidents', events: 'Events', sources: 'Sources', model: 'Model' } as const satisfies Partial<Record<View, string>>;

function Pages({ state, go }: { state: State; go: Go }) {
  const troubled = troubledCount(state.panels.sources.data?.sources ?? []);
  return (
    <nav class="nav" aria-label="Pages">
      {(Object.keys(PAGES) as (keyof typeof PAGES)[]).map((view) => (
        <PlaceLink key={view} to={{ view }} go={go} current={state.place.view === view}>
          {PAGES[view]}
          {view === 'sources' && <span class="n">{troubled > 9 ? '9+' : troubled > 0 ? troubled : ''}{troubled > 0 && <span class="vh"> with trouble</span>}</span>}
        </PlaceLink>
      ))}
    </nav>
  );
}

interface BarProps {
  state: State;
  go: Go;
  switchTheme(): void;
}

export function Bar({ state, go, switchTheme }: BarProps) {
  const range = state.panels.summary.data?.range;
  return (
    <header class="bar">
      <a class="brand" href="/"><Logo />honeyguide</a>
      <Pages state={state} go={go} />
      <div class="range">
        {state.place.view === 'model' ? <span class="span" id="range">By week of event time, the last 12</span> : (
          <>
            <div class="group" role="group" aria-label="Time window">
              {PRESETS.map((window) => (
                <button key={window} type="button" class="btn" aria-pressed={windowIn(state.place.range) === window} onClick={() => go({ range: { window } })}>
                  {windowName(window)}
                </button>
              ))}
            </div>
            <span class="span" id="range">{range?.from && range.to ? `${span(ms(range.from), ms(range.to))} UTC` : ''}</span>
          </>
        )}
      </div>
      <LiveState link={state.link} />
      <button type="button" class="btn bare icon-only" id="theme" aria-label={`Theme: ${THEMES[state.theme]}`} onClick={switchTheme}><ThemeIcon /></button>
    </header>
  );
}

function Learning({ summary }: { summary: Summary }) {
  const { events, needed } = summary.learning ?? { events: 0, needed: 1 };
  const share = needed > 0 ? Math.min(1, events / needed) : 0;
  return (
    <div class="banner" id="banner">
      <span><b>Learning.</b> {count(events)} of {count(needed)} events; until then nothing is scored, and nothing is lost.</span>
      <span class="meter" role="progressbar" aria-label="Learning" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
        <i style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  );
}

// One banner at most: the worst that is so.
export function Banner({ state, retry }: { state: State; retry(): void }) {
  const { link, now } = state;
  const summary = state.panels.summary.data;
  if (link.is === 'off') {
    const seconds = Math.max(1, Math.ceil((link.retryAt - now) / 1000));
    return (
      <div class="banner warn" id="banner">
        <span>
          <b>{link.since === null ? 'Not live.' : `Not live since ${clock(link.since)} UTC.`}</b>{' '}
          {link.trying ? 'Trying now.' : `Trying again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`}
        </span>
        <span class="end"><button type="button" class="btn" onClick={retry}>Try now</button></span>
      </div>
    );
  }
  if (summary?.state === 'stalled')
    return (
      <div class="banner bad" id="banner">
        <Sign of="high" />
        <span><b>Events can’t be stored.</b> {summary.trouble ?? 'The store can’t be written.'} Nothing further is taken in until it can.</span>
      </div>
    );
  if (summary?.state === 'learning') return <Learning summary={summary} />;
  return null;
}

export function Foot({ state, go }: { state: State; go: Go }) {
  const summary = state.panels.summary.data;
  const model = summary?.model;
  return (
    <footer class="foot">
      <span>honeyguide{state.health === null ? '' : ` ${state.health.version}`}</span>
      {model ? (
        <span>
          <PlaceLink to={{ view: 'model' }} go={go}>Model {model.digest.slice(0, 8)}</PlaceLink>
          {model.trained_from && model.trained_to ? `, learnt from ${span(ms(model.trained_from), ms(model.trained_to))}` : ''}
        </span>
      ) : (
        <span>No model yet</span>
      )}
      {summary?.ignore_labels && <span>The logs’ own labels are left out</span>}
      <span>Times in UTC</span>
      {summary?.geo.available && attribution(summary.geo.kind ?? '')}
    </footer>
  );
}

// The flat databases of the npm packages name only "city ipv4" and the like; the one that the set-up installs is DB-IP's.
function attribution(kind: string) {
  if (!/dbip|db-ip|^city ipv/i.test(kind)) return <span>IP geolocation: {kind}</span>;
  return <span><a href="https://db-ip.com">IP geolocation by DB-IP</a>, CC BY 4.0</span>;
}

