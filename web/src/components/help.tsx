// The keys, all of them.
import { Popup } from './popup';
import { Icon } from './signs';

export const KEYS: readonly [string, readonly [string, string][]][] = [
  ['Go to', [['g o', 'Overview'], ['g i', 'Incidents'], ['g a', 'Alerts, on the overview'], ['g e', 'Events'], ['g s', 'Sources'], ['g m', 'Model']]],
  ['In a list', [['j', 'next row'], ['k', 'row before'], ['o', 'open it'], ['n', 'next page of events'], ['p', 'page before'], ['+', 'only this: the value or the row’s source'], ['−', 'without this']]],
  ['Ask', [['/', 'filter'], ['t', 'time'], ['[', 'earlier'], [']', 'later'], ['v', 'saved views and the link'], ['x', 'export, on the page of events']]],
  ['Everywhere', [['?', 'these keys'], ['Esc', 'close'], ['Backspace', 'undo the last choice']]],
];

export function Help({ close }: { close(): void }) {
  return (
    <Popup id="help-popup" label="Keys" close={close} modal>
      <div class="split-h"><h2>Keys</h2><button type="button" class="btn bare" data-first onClick={close}>Close <Icon of="close" /></button></div>
      <div class="keys-help">
        {KEYS.map(([name, keys]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>{keys.map(([key, words]) => <div key={key}><dt>{key.split(' ').map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{words}</dd></div>)}</dl>
          </section>
        ))}
      </div>
      <p class="dim">The filter’s language is in docs/filter.md. Tab and Enter reach everything as well.</p>
    </Popup>
  );
}
