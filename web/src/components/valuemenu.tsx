// What can be done with a value, where a finger touched it: a mouse has the same beside the value, the keyboard + and -.
import { useState } from 'preact/hooks';
import { useDesk } from '../desk';
import { visible } from '../format';
import type { AskedValue } from '../state';
import { Popup } from './popup';

export function ValueMenu({ field, value, to, close }: AskedValue & { close(): void }) {
  const desk = useDesk();
  const [said, setSaid] = useState('');
  const name = value === null ? `no ${field}` : visible(value);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value ?? '');
      setSaid('Copied.');
    } catch {
      setSaid('The browser doesn’t let it be copied.');
    }
  };
  return (
    <Popup id="value-popup" label={`${field} ${name}`} close={close} modal>
      <h2><span class="dim">{field}</span> {name}</h2>
      <button type="button" class="btn" data-first onClick={() => desk.go(to)}>{to.view === 'address' ? 'Everything about it' : 'Its rows'}</button>
      <button type="button" class="btn" onClick={() => desk.only(field, value)}>Only this</button>
      <button type="button" class="btn" onClick={() => desk.without(field, value)}>Without this</button>
      {value !== null && <button type="button" class="btn" onClick={() => void copy()}>Copy</button>}
      <button type="button" class="btn bare" onClick={close}>Close</button>
      <p class="dim" role="status">{said}</p>
    </Popup>
  );
}
