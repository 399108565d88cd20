// What an event would have to be like to be ordinary: asked for on demand, since the model scores it anew many times.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, Problem, type Explained, type Explanation } from '../api';
import { odds, percent, visible } from '../format';
import { featureValue } from '../names';
import { usual } from './why';

const FEATURES_SHOWN = 6;

const WHY_NOT: Record<NonNullable<Explained['why_not']>, string> = {
  not_stored: 'The event itself is no longer stored, so that nothing can be asked of it.',
  no_features: 'Its figures were not kept, so that nothing can be asked of it.',
};

function judgement({ finding }: Explained, { p_value: p, rate, ordinary, same_model }: Explanation): string {
  const by = same_model ? 'The model that scored it' : 'The model is another one by now: the one that scored it is no longer kept, the one in force';
  if (p === null) return `${by} can’t score it.`;
  const limit = rate > 0 ? `; alerts of its source begin at ${odds(rate)} now` : '';
  const how = p >= 0.1 ? `${percent(p)} of ordinary events are as odd` : `${odds(p)} ordinary events is as odd`;
  if (!ordinary) return `${by} calls it odd: ${how}${limit}.`;
  return `${by} calls it ordinary by itself: ${how}${limit}.${finding === null ? '' : ' What was counted makes it an alert.'}`;
}

function Beside({ explanation }: { explanation: Explanation }) {
  const rows = explanation.features.slice(0, FEATURES_SHOWN);
  const { has_nearest: near } = explanation;
  if (rows.length === 0) return null;
  return (
    <table class="beside">
      <caption class="vh">The event, what is usual{near ? ', and the nearest ordinary event' : ''}</caption>
      <thead><tr><th scope="col">Feature</th><th scope="col" class="num">This event</th><th scope="col" class="num">Usual</th>{near && <th scope="col" class="num">Nearest ordinary</th>}</tr></thead>
      <tbody>
        {rows.map((feature) => (
          <tr key={feature.feature}>
            <th scope="row">{feature.words}</th>
            <td class="num" data-label="this event"><b>{featureValue(feature, feature.value)}</b></td>
            <td class="num" data-label="usual">{usual(feature, false)}</td>
            {near && <td class="num" data-label="nearest">{featureValue(feature, feature.nearest)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Told({ explained }: { explained: Explained }) {
  const { explanation, why_not } = explained;
  if (explanation === null) return <p>{why_not === null ? 'No model that is kept knows of such events.' : WHY_NOT[why_not]}</p>;
  const ways = explanation.counterfactuals;
  return (
    <>
      <p>{judgement(explained, explanation)}</p>
      {ways.length > 0 && <ul class="ways">{ways.map(({ words }) => <li key={words}>{visible(words)}</li>)}</ul>}
      {ways.length === 0 && !explanation.ordinary && <p>No change of one or two of its features alone would make it ordinary.</p>}
      <Beside explanation={explanation} />
      {!explanation.has_nearest && explanation.features.length > 0 && <p class="dim">This detector keeps no ordinary events to compare with.</p>}
    </>
  );
}

// Of an alert or an event, by its identifier.
export function Ordinary({ id }: { id: string }) {
  const [asked, setAsked] = useState<Explained | Problem | 'asking' | null>(null);
  const answer = useRef<HTMLDivElement>(null);
  const come = asked !== null && asked !== 'asking';
  useEffect(() => {
    if (come) answer.current?.focus(); // the button is gone
  }, [come]);
  const look = async () => {
    setAsked('asking');
    try {
      setAsked(await ask<Explained>(`/explain/${id}`));
    } catch (error) {
      setAsked(error instanceof Problem ? error : new Problem(0, String(error)));
    }
  };
  if (!come) return <button type="button" class="btn" aria-disabled={asked === 'asking'} onClick={() => asked === null && void look()}>{asked === null ? 'What would be ordinary?' : 'Asking …'}</button>;
  return (
    <div class="ordinary" role="group" aria-label="What would be ordinary" tabIndex={-1} ref={answer}>
      {asked instanceof Problem ? <p><b>It could not be told.</b> {visible(asked.message)} <button type="button" class="btn" onClick={() => void look()}>Try again</button></p> : <Told explained={asked} />}
    </div>
  );
}
