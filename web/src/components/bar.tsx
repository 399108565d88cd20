// The bar at the top and the banner under it.
import type { FilterFault, Summary } from '../api';
import { clock, count, ms, rate, span, zoneName } from '../format';
import type { Link, Popup, Slot, State } from '../state';
import type { Theme } from '../theme';
import { troubledCount } from '../sources';
import { isLive, windowOf, type View } from '../url';
import { FilterBox } from './filterbox';
import { Help } from './help';
import { PlaceLink, type Go } from './link';
import { Num } from './num';
import { SavedViews } from './savedviews';
import { Icon, Logo, Sign, ThemeIcon } from './signs';
import { TimeBar, TimePicker } from './timepicker';

const THEMES: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

// Live where the time ends with the newest event; else what is shown stands still, and a button goes back to now.
function LiveState({ link, live, now }: { link: Link; live: boolean; now(): void }) {
  const on = link.is === 'live';
  return (
    <p class={`live ${on ? (live ? '' : 'frozen') : 'off'}`} id="live">
      <span class="dot" aria-hidden="true" />
      <b>{!on ? 'Not live' : live ? 'Live' : 'Frozen'}</b>
      {on && !live ? <button type="button" class="link" onClick={now}>Go to now</button> : <Num class="dim rate" text={on ? rate(link.rate) : ''} />}
    </p>
  );
}

const PAGES = { overview: 'Overview', incidents: 'Incidents', events: 'Events', sources: 'Sources', model: 'Model' } as const satisfies Partial<Record<View, string>>;

function Pages({ state, go }: { state: State; go: Go }) {
  const troubled = troubledCount(state.panels.sources.data?.sources ?? []);
  return (
    <nav class="nav" aria-label="Pages">
      {(Object.keys(PAGES) as (keyof typeof PAGES)[]).map((view) => (
        <PlaceLink key={view} to={{ view }} go={go} current={state.place.view === view || (view === 'events' && state.place.view === 'event')}>
          {PAGES[view]}
          {view === 'sources' && <span class="n">{troubled > 9 ? '9+' : troubled > 0 ? troubled : ''}{troubled > 0 && <span class="vh"> with trouble</span>}</span>}
        </PlaceLink>
      ))}
    </nav>
  );
}

// A filter that came with the address and can't be read: which panel says so is no matter.
function faultOf(state: State): FilterFault | null {
  const slots = Object.values(state.panels) as Slot<unknown>[];
  return slots.find((slot) => slot.problem?.filter)?.problem?.filter ?? null;
}

interface BarProps {
  state: State;
  go: Go;
  toggle(popup: Popup): void;
  switchTheme(): void;
}

const TIMELESS = new Set<View>(['model', 'event']);

export function Bar({ state, go, toggle, switchTheme }: BarProps) {
  const { place, popup } = state;
  const summary = state.panels.summary.data;
  const length = isLive(place.range) || summary === null || !summary.range.from || !summary.range.to ? 0 : (ms(summary.range.to) - ms(summary.range.from)) / 1000;
  const close = () => popup !== null && toggle(popup);
  return (
    <header class="bar">
      <a class="brand" href="/"><Logo />honeyguide</a>
      <Pages state={state} go={go} />
      <FilterBox place={place} fault={faultOf(state)} />
      {TIMELESS.has(place.view) ? <span class="range span" id="range">{place.view === 'model' ? 'By week of event time, the last 12' : 'One event, whenever it was'}</span>
        : <TimeBar place={place} summary={summary} open={popup === 'time'} toggle={() => toggle('time')} />}
      <LiveState link={state.link} live={isLive(place.range) || TIMELESS.has(place.view)} now={() => go({ range: { window: length === 0 ? '1h' : windowOf(length) } })} />
      <div class="bar-end">
        <button type="button" class="btn bare icon-only" id="views" aria-label="Saved views and the link" aria-haspopup="dialog" aria-expanded={popup === 'views'} aria-controls="views-popup" aria-keyshortcuts="v" onClick={() => toggle('views')}><Icon of="mark" /></button>
        <button type="button" class="btn bare icon-only" id="theme" aria-label={`Theme: ${THEMES[state.theme]}`} onClick={switchTheme}><ThemeIcon /></button>
        <button type="button" class="btn bare icon-only" id="help" aria-label="Keys and help" aria-haspopup="dialog" aria-expanded={popup === 'help'} aria-controls="help-popup" aria-keyshortcuts="?" onClick={() => toggle('help')}>?</button>
      </div>
      {popup === 'time' && !TIMELESS.has(place.view) && <TimePicker place={place} summary={summary} close={close} />}
      {popup === 'views' && <SavedViews place={place} summary={summary} close={close} />}
      {popup === 'help' && <Help close={close} />}
    </header>
  );
}

function Learning({ summary }: { summary: Summary }) {
  const { events, needed } = summary.learning ?? { events: 0, needed: 1 };
  const share = needed > 0 ? Math.min(1, events / needed) : 0;
  return (
    <section class="banner" id="banner" aria-label="State of the page">
      <span><b>Learning.</b> {count(events)} of {count(needed)} events; until then nothing is scored, and nothing is lost.</span>
      <span class="meter" role="progressbar" aria-label="Learning" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
        <i style={{ width: `${share * 100}%` }} />
      </span>
    </section>
  );
}

// One banner at most: the worst that is so.
export function Banner({ state, retry }: { state: State; retry(): void }) {
  const { link, now } = state;
  const summary = state.panels.summary.data;
  if (link.is === 'off') {
    const seconds = Math.max(1, Math.ceil((link.retryAt - now) / 1000));
    return (
      <section class="banner warn" id="banner" aria-label="State of the page">
        <span>
          <b>{link.since === null ? 'Not live.' : `Not live since ${clock(link.since)} ${zoneName(link.since)}.`}</b>{' '}
          {link.trying ? 'Trying now.' : `Trying again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`}
        </span>
        <span class="end"><button type="button" class="btn" onClick={retry}>Try now</button></span>
      </section>
    );
  }
  if (summary?.state === 'stalled')
    return (
      <section class="banner bad" id="banner" aria-label="State of the page">
        <Sign of="high" />
        <span><b>Events can’t be stored.</b> {summary.trouble ?? 'The store can’t be written.'} Nothing further is taken in until it can.</span>
      </section>
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
      <span>Times in {zoneName(summary?.range.to ? ms(summary.range.to) : 0)}</span>
      <span>Press <kbd>?</kbd> for keys</span>
      {summary?.geo.available && attribution(summary.geo.kind ?? '')}
    </footer>
  );
}

// The flat databases of the npm packages name only "city ipv4" and the like; the one that the set-up installs is DB-IP's.
function attribution(kind: string) {
  if (!/dbip|db-ip|^city ipv/i.test(kind)) return <span>IP geolocation: {kind}</span>;
  return <span><a href="https://db-ip.com">IP geolocation by DB-IP</a>, CC BY 4.0</span>;
}

