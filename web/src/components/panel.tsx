// A section: its question, its answer in a sentence, its proof. A failure is said where the answer stands.
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api';

interface SectionProps {
  id: string;
  question: string;
  answer?: ComponentChildren;
  problem?: Problem | null | undefined;
  what?: string | undefined; // "The time chart"
  retry?: (() => void) | undefined;
  children: ComponentChildren;
}

export function Section({ id, question, answer, problem, what, retry, children }: SectionProps) {
  return (
    <section class="q" aria-labelledby={`${id}-q`} id={id}>
      <div class="q-head">
        <h2 id={`${id}-q`}>{question}</h2>
        {answer !== undefined && !problem && <p class="answer">{answer}</p>}
        {problem && <Failed what={what ?? 'This'} problem={problem} retry={retry} />}
      </div>
      {children}
    </section>
  );
}

export function Failed({ what, problem, retry }: { what: string; problem: Problem; retry?: (() => void) | undefined }) {
  return (
    <p class="answer failed">
      <b>{what} could not be read.</b> {problem.message}
      {problem.status > 0 && <span class="dim"> {problem.status}</span>}
      {retry && <button type="button" class="btn" onClick={retry}>Try again</button>}
    </p>
  );
}
