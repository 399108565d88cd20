// Puts the page together: the store, the stream, the address bar, and one paint for everything.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { createAnnouncer } from './announce';
import { ask, Problem, tell, type Commit, type Counts, type Health } from './api';
import { AlertList } from './components/alerts';
import { Banner, Bar, Foot } from './components/bar';
import { Drawer } from './components/drawer';
import { Origin } from './components/origin';
import { ModelView } from './components/model';
import { QuarantineList } from './components/quarantine';
import { SourcesView } from './components/sources';
import { Status } from './components/status';
import { TimeCharts } from './components/time';
import { TokenForm } from './components/token';
import { createDesk, DeskContext } from './desk';
import { createLive } from './live';
import { createRefresher } from './refresh';
import { retryWords, saySources } from './sources';
import { ALERTS_SHOWN, KEPT_SHOWN, createStore, emptyDrawer, emptyPanels, type State } from './state';
import { applyTheme, nextTheme, storedTheme } from './theme';
import { formatPlace, moved, parsePlace, windowIn, type Place, type View } from './url';
import { verdict } from './words';

const root = document.getElementById('app') as HTMLElement;
const announce = createAnnouncer(document.getElementById('announcer') as HTMLElement);

const store = createStore(
  {
    place: parsePlace(location.search), theme: storedTheme(), link: { is: 'connecting' }, now: Date.now(), panels: emptyPanels(),
    drawer: emptyDrawer(), alertLimit: ALERTS_SHOWN, keptLimit: KEPT_SHOWN, retried: { busy: false, said: '' }, health: null,
  },
  paint,
);
const refresher = createRefresher(store);
const live = createLive(store, onCommit);
const desk = createDesk(() => store.get().place, go);
const SILENCE_GROWS_MS = 15_000; // without a commit too

function onCommit(commit: Commit): void {
  const { panels } = store.get();
  const summary = panels.summary.data;
  // What the message itself says is shown with the next frame; the rest is read anew.
  if (summary !== null && summary.state === commit.state)
    store.set({ panels: { ...panels, summary: { ...panels.summary, data: { ...summary, learning: commit.learning } } } });
  refresher.soon();
}

function go(change: Partial<Place>): void {
  const place = moved(store.get().place, change);
  const turned = place.view !== store.get().place.view;
  history.pushState(null, '', formatPlace(place));
  arrive(place);
  if (turned) scrollTo(0, 0);
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
  store.set({
    place,
    ...(JSON.stringify([place.range, place.filter]) === JSON.stringify([old.place.range, old.place.filter]) ? {} : { alertLimit: ALERTS_SHOWN }),
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
  if (state.panels.summary.problem?.status === 401) return <TokenForm />;
  const retry = refresher.now;
  const switchTheme = () => {
    const theme = nextTheme(store.get().theme);
    applyTheme(theme);
    store.set({ theme });
  };
  const overview = () => (
    <>
      <Status state={state} retry={retry} go={go} />
      <AlertList state={state} show={(alert) => go({ alert })} retry={retry} more={(alertLimit) => { store.set({ alertLimit }); refresher.now(); }} />
      <TimeCharts state={state} dark={dark} retry={retry} />
      <Origin state={state} retry={retry} />
    </>
  );
  const sources = () => (
    <>
      <SourcesView state={state} retry={retry} go={go} />
      {(state.panels.sources.data !== null || state.panels.sources.problem !== null) && <QuarantineList state={state} retry={retry} again={(number) => void retryKept(number)} more={(keptLimit) => { store.set({ keptLimit }); refresher.now(); }} />}
    </>
  );
  const model = () => <ModelView state={state} retry={retry} go={go} />;
  const soon = () => <p class="nowhere">–</p>;
  const views: Record<View, () => preact.JSX.Element> = { overview, sources, model, incidents: soon, events: soon, address: soon, event: soon };
  return (
    <DeskContext.Provider value={desk}>
      <a class="skip" href="#main">Skip to the content</a>
      <Bar state={state} go={go} switchTheme={switchTheme} />
      <Banner state={state} retry={live.retry} />
      <main class={`page view-${state.place.view} ${state.link.is === 'off' ? 'stale' : ''}`} id="main" tabIndex={-1}>
        <h1 class="vh">honeyguide</h1>
        {views[state.place.view]()}
      </main>
      {state.place.alert !== null && <Drawer id={state.place.alert} drawer={state.drawer} close={closeDrawer} retry={retry} />}
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

function paint(state: State): void {
  document.title = TITLES[state.place.view];
  render(<App state={state} />, root);
  announce(spoken(state));
}

applyTheme(store.get().theme);
addEventListener('popstate', () => arrive(parsePlace(location.search)));
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeDrawer();
});
store.set({});
live.start();
setInterval(() => refresher.soon(), SILENCE_GROWS_MS);
refresher.now();
ask<Health>('/health').then((health) => store.set({ health }), () => undefined);
