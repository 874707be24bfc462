import type { Outcome } from '../../../core/outcome.ts';
import { outcomeLabel, type PipelineKind } from '../../../reports/output/labels.ts';
import { html, type Html } from './html.ts';

/** How something is, told by a word and a shape first and by color last. */
export type Mark = 'good' | 'note' | 'bad' | 'idle';

const SHAPES: Record<Mark, string> = { good: '✓', note: '!', bad: '✕', idle: '–' };

export function statusMark(mark: Mark, word: string): Html {
  return html`<span class="mark-${mark}"><span aria-hidden="true">${SHAPES[mark]}</span> ${word}</span>`;
}

const OUTCOME_MARKS: Record<Outcome, Mark> = { succeeded: 'good', partial: 'note', aborted: 'note', failed: 'bad' };

/** The outcome of a run; null while it runs. */
export function outcomeMark(outcome: Outcome | string | null, counts: Parameters<typeof outcomeLabel>[1], kind: PipelineKind): Html {
  if (outcome === null) return statusMark('idle', 'running');
  return statusMark(OUTCOME_MARKS[outcome as Outcome] ?? 'idle', outcomeLabel(outcome, counts, kind));
}
