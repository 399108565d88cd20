// Puts the page together: the store, the stream, the address bar, and one paint for everything.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { createAnnouncer, sayOf } from './announce';
import { ask, Problem, tell, type Commit, type Counts, type Health } from './api';
import { AddressView } from './components/address';
import { AlertList } from './components/alerts';
import { Banner, Bar, Foot } from './components/bar';
import { Drawer } from './components/drawer';
import { EventsView } from './components/eventlist';
import { EventView } from './components/eventpage';
import { IncidentsView } from './components/incidents';
import { Origin } from './components/origin';
import { StorageFill } from './components/storage';
import { ModelView } from './components/model';
import { QuarantineList } from './components/quarantine';
import { SourcesView } from './components/sources';
import { Status } from './components/status';
import { TimeCharts } from './components/time';
import { TokenForm } from './components/token';
import { ValueMenu } from './components/valuemenu';
import { createDesk, DeskContext } from './desk';
import { setZone } from './format';
import { listen } from './keys';
import { createLive } from './live';
import { createRefresher } from './refresh';
import { retryWords, saySources } from './sources';
import { ALERTS_SHOWN, INCIDENTS_SHOWN, KEPT_SHOWN, createStore, emptyDrawer, emptyPanels, emptySlot, type Popup, type State } from './state';
import { applyTheme, nextTheme, storedTheme } from './theme';
import { formatPlace, isLive, moved, parsePlace, windowIn, type Place, type View } from './url';
import { verdict } from './words';

const root = document.getElementById('app') as HTMLElement;
const announce = createAnnouncer(document.getElementById('announcer') as HTMLElement);
const said = document.getElementById('said') as HTMLElement;

const store = createStore(
  {
    place: parsePlace(location.search), theme: storedTheme(), link: { is: 'connecting' }, now: Date.now(), panels: emptyPanels(),
    drawer: emptyDrawer(), popup: null, value: null, alertLimit: ALERTS_SHOWN, incidentLimit: INCIDENTS_SHOWN, keptLimit: KEPT_SHOWN, retried: { busy: false, said: '' }, health: null,
  },
  paint,
);
const refresher = createRefresher(store);
const live = createLive(store, onCommit);
const desk = createDesk(() => store.get().place, go, (value) => store.set({ popup: 'value', value }));
const SILENCE_GROWS_MS = 15_000; // without a commit too

function onCommit(commit: Commit): void {
  const { panels } = store.get();
  const summary = panels.summary.data;
  // What the message itself says is shown with the next frame; the rest is read anew.
  if (summary !== null && summary.state === commit.state)
    store.set({ panels: { ...panels, summary: { ...panels.summary, data: { ...summary, learning: commit.learning } } } });
  if (moving(commit.clock)) refresher.soon();
}

// A time that ended before the newest event stands still: nothing of it is read again.
function moving(clock: string | null): boolean {
  const { range, view } = store.get().place;
  if (isLive(range) || view === 'sources' || view === 'model') return true;
  return range.to === null || clock === null || Date.parse(range.to) > Date.parse(clock);
}

function go(change: Partial<Place>): void {
  const place = moved(store.get().place, change);
  const turned = place.view !== store.get().place.view;
  history.pushState({ desk: true }, '', formatPlace(place));
  said.textContent = sayOf(place, change);
  arrive(place);
  if (!turned) return;
  scrollTo(0, 0);
  document.getElementById('main')?.focus({ preventScroll: true });
}

function toggle(popup: Popup): void {
  store.set({ popup: store.get().popup === popup ? null : popup });
}

// Reads what is in quarantine again (null: all of it) and says what came of it.
async function retryKept(number: number | null): Promise<void> {
  store.set({ retried: { busy: true, said: '' } });
  let said: string;
  try {
    said = retryWords(await tell<Counts>('/quarantine/retry', number === null ? {} : { number }));
  } catch (error) {
    said = `It could not be tried: ${error instanceof Problem ? error.message : String(error)}`;
  }
  store.set({ retried: { busy: false, said } });
  refresher.now();
}

function arrive(place: Place): void {
  const old = store.get();
  const same = JSON.stringify([place.range, place.filter]) === JSON.stringify([old.place.range, old.place.filter]);
  store.set({
    place,
    ...(same ? {} : { alertLimit: ALERTS_SHOWN }),
    popup: null,
    ...(same ? {} : { incidentLimit: INCIDENTS_SHOWN }),
    ...(place.cursor === old.place.cursor && place.view === old.place.view ? {} : { panels: { ...old.panels, events: emptySlot() } }),
    ...(place.alert === old.place.alert ? {} : { drawer: emptyDrawer() }),
    ...(place.view === old.place.view ? {} : { keptLimit: KEPT_SHOWN, retried: { busy: false, said: '' } }),
  });
  refresher.now();
}

function closeDrawer(): void {
  const { alert } = store.get().place;
  if (alert === null) return;
  go({ alert: null });
  document.getElementById(`alert-${alert}`)?.focus();
}

function useDark(theme: State['theme']): string {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [system, setSystem] = useState(query.matches);
  useEffect(() => {
    const changed = () => setSystem(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  return theme === 'auto' ? (system ? 'dark' : 'light') : theme;
}

function App({ state }: { state: State }) {
  const dark = useDark(state.theme);
  const [index, point] = useState<number | null>(null); // one crosshair for all charts
  if (state.panels.summary.problem?.status === 401) return <TokenForm />;
  const retry = refresher.now;
  const switchTheme = () => {
    const theme = nextTheme(store.get().theme);
    applyTheme(theme);
    store.set({ theme });
  };
  const overview = () => (
    <>
      <Status state={state} index={index} point={point} retry={retry} go={go} />
      <AlertList state={state} show={(alert) => go({ alert })} retry={retry} more={(alertLimit) => { store.set({ alertLimit }); refresher.now(); }} />
      <TimeCharts state={state} dark={dark} index={index} point={point} retry={retry} />
      <Origin state={state} retry={retry} />
    </>
  );
  const sources = () => (
    <>
      <SourcesView state={state} retry={retry} go={go} />
      {(state.panels.sources.data !== null || state.panels.sources.problem !== null) && <StorageFill state={state} retry={retry} />}
      {(state.panels.sources.data !== null || state.panels.sources.problem !== null) && <QuarantineList state={state} retry={retry} again={(number) => void retryKept(number)} more={(keptLimit) => { store.set({ keptLimit }); refresher.now(); }} />}
    </>
  );
  const model = () => <ModelView state={state} retry={retry} go={go} />;
  const incidents = () => <IncidentsView state={state} retry={retry} more={(incidentLimit) => { store.set({ incidentLimit }); refresher.now(); }} />;
  const events = () => <EventsView state={state} retry={retry} />;
  const address = () => <AddressView state={state} retry={retry} />;
  const event = () => <EventView state={state} retry={retry} />;
  const views: Record<View, () => preact.JSX.Element> = { overview, sources, model, incidents, events, address, event };
  return (
    <DeskContext.Provider value={desk}>
      <a class="skip" href="#main">Skip to the content</a>
      <Bar state={state} go={go} toggle={toggle} switchTheme={switchTheme} />
      <Banner state={state} retry={live.retry} />
      <main class={`page view-${state.place.view} ${state.link.is === 'off' ? 'stale' : ''}`} id="main" tabIndex={-1}>
        <h1 class="vh">honeyguide</h1>
        {views[state.place.view]()}
      </main>
      {state.place.alert !== null && <Drawer id={state.place.alert} drawer={state.drawer} close={closeDrawer} retry={retry} />}
      {state.popup === 'value' && state.value !== null && <ValueMenu {...state.value} close={() => store.set({ popup: null })} />}
      <Foot state={state} go={go} />
    </DeskContext.Provider>
  );
}

function spoken(state: State): string {
  const summary = state.panels.summary.data;
  const link = state.link.is === 'off' ? 'Not live. ' : '';
  const sources = state.panels.sources.data;
  const heard = sources === null || sources.sources.length === 0 ? null : saySources(sources.sources);
  const troubled = heard === null || heard.sign === 'ok' ? '' : ` ${heard.strong}${heard.rest}`;
  return summary === null ? link : `${link}${verdict(summary, windowIn(state.place.range)).line}${troubled}`;
}

const TITLES: Record<View, string> = {
  overview: 'honeyguide', incidents: 'Incidents · honeyguide', events: 'Events · honeyguide', address: 'Address · honeyguide', event: 'Event · honeyguide', sources: 'Sources · honeyguide', model: 'Model · honeyguide',
};

function title({ view, ip }: Place): string {
  return view === 'address' ? `${ip} · honeyguide` : TITLES[view];
}

function paint(state: State): void {
  setZone(state.place.zone);
  document.title = title(state.place);
  render(<App state={state} />, root);
  announce(spoken(state));
}

applyTheme(store.get().theme);
addEventListener('popstate', () => arrive(parsePlace(location.search)));
listen({
  desk, toggle,
  close() {
    const { popup, place } = store.get();
    if (popup !== null) store.set({ popup: null });
    else if (place.alert !== null) closeDrawer();
    else return false;
    return true;
  },
});
store.set({});
live.start();
setInterval(() => { if (moving(store.get().panels.summary.data?.clock ?? null)) refresher.soon(); }, SILENCE_GROWS_MS);
refresher.now();
ask<Health>('/health').then((health) => store.set({ health }), () => undefined);
