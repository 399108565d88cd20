// Views with names, kept by the server; and the link to what is shown now.
import { useEffect, useState } from 'preact/hooks';
import { ask, Problem, tell, type Summary } from '../api';
import type { SavedView, Views } from '../answers';
import { useDesk } from '../desk';
import { visible } from '../format';
import { isLive, parsePlace, type Place } from '../url';
import { Popup } from './popup';
import { Icon } from './signs';

const NAME_MAX = 80;

function reason(error: unknown): string {
  return error instanceof Problem ? error.message : String(error);
}

async function copied(path: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(new URL(path, location.href).href);
    return 'The link is copied.';
  } catch {
    return 'The browser doesn’t let it be copied; the address bar has it.';
  }
}

export function SavedViews({ place, summary, close }: { place: Place; summary: Summary | null; close(): void }) {
  const desk = useDesk();
  const [views, setViews] = useState<SavedView[] | null>(null);
  const [name, setName] = useState('');
  const [said, setSaid] = useState('');
  const load = async () => {
    try {
      setViews((await ask<Views>('/views')).views);
    } catch (error) {
      setSaid(`The views could not be read: ${reason(error)}`);
    }
  };
  useEffect(() => void load(), []);
  const change = async (path: string, body: Record<string, string>, done: string) => {
    try {
      await tell(path, body);
      setSaid(done);
      await load();
    } catch (error) {
      setSaid(`That did not work: ${reason(error)}`);
    }
  };
  const save = () => {
    const wanted = name.trim();
    if (wanted === '') return;
    void change('/views', { name: wanted, query: desk.href({}).replace(/^\/\??/, '') }, `“${wanted}” is saved.`).then(() => setName(''));
  };
  const open = (query: string) => {
    close();
    desk.go(parsePlace(query));
  };
  const { from, to } = summary?.range ?? { from: null, to: null };
  const stands = isLive(place.range) && from !== null && to !== null ? desk.href({ range: { from, to } }) : null;
  return (
    <Popup id="views-popup" label="Saved views" close={close}>
      <h2>Saved views</h2>
      {views !== null && views.length === 0 && <p class="dim">None yet. A view keeps page, filter and time under a name.</p>}
      <ul class="saved">
        {(views ?? []).map((view) => (
          <li key={view.name}>
            <a href={`/?${view.query}`} onClick={(event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); open(view.query); }}>{visible(view.name)}</a>
            <button type="button" class="btn bare icon-only" aria-label={`Delete the view ${visible(view.name)}`} onClick={() => void change('/views/delete', { name: view.name }, `“${view.name}” is deleted.`)}><Icon of="close" /></button>
          </li>
        ))}
      </ul>
      <form class="pick-row" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <label class="vh" for="view-name">Name</label>
        <input class="field" id="view-name" data-first maxLength={NAME_MAX} placeholder="Name of this view" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <button type="submit" class="btn" disabled={name.trim() === ''}>Save this view</button>
      </form>
      <div class="pick-row ends">
        <button type="button" class="btn" onClick={() => void copied(desk.href({})).then(setSaid)}>Copy the link</button>
        {stands !== null && <button type="button" class="btn" onClick={() => void copied(stands).then(setSaid)}>Copy it with this very time</button>}
      </div>
      <p class="said" role="status">{visible(said)}</p>
    </Popup>
  );
}
