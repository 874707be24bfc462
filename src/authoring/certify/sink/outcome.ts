import type { SinkConfig } from '../../../config/schema/connector.ts';
import { answerKey } from '../../../connector/sink/push.ts';
import type { AnswerCase } from '../recordings/sink-fixtures.ts';
import type { OutboxRow } from '../../../store/outbound/outbox.ts';

/** What became of each record, by its key: accepted, rejected (why) … */
export type Became = Record<string, { state: OutboxRow['state']; why: string }>;

export function became(sink: SinkConfig, rows: readonly OutboxRow[]): Became {
  return Object.fromEntries(
    rows.map((row) => [answerKey(sink, row), { state: row.state, why: row.problems.map((p) => p.message).join(' ') }]),
  );
}

/** States only, to compare two runs. */
export function states(result: Became): Record<string, string> {
  return Object.fromEntries(Object.entries(result).map(([key, { state }]) => [key, state]));
}

/** How what became of records differs from what the recording says; none: it does not. A record of which it says nothing was accepted. */
export function differsFromAnswers(sink: SinkConfig, given: Became, answers: AnswerCase | undefined): string[] {
  const rejected = new Map((answers?.rejected ?? []).map((one) => [JSON.stringify(one.key), one.reason]));
  const named = [...rejected.keys(), ...(answers?.accepted ?? []).map((key) => JSON.stringify(key))];
  const wrong = named.flatMap((key) => (Object.hasOwn(given, key) ? [] : [`answers.json names ${key}, but no record has that key`]));
  for (const [key, { state, why }] of Object.entries(given)) {
    if (rejected.has(key)) {
      const reason = rejected.get(key);
      if (state !== 'rejected') wrong.push(`${key} is ${state}${why ? ` (${why})` : ''}, but answers.json says rejected`);
      else if (reason !== undefined && !why.includes(reason))
        wrong.push(`${key} is rejected with "${why}", but answers.json says "${reason}"`);
    } else if (!isTaken(sink, state)) wrong.push(`${key} is ${state}${why ? ` (${why})` : ''}, but the recording says accepted`);
  }
  return wrong;
}

/** As far as the system alone says it: the last word may be a person's. */
export function isTaken(sink: SinkConfig, state: OutboxRow['state']): boolean {
  return state === 'accepted' || (sink.acknowledgment?.person !== undefined && (state === 'acknowledged' || state === 'sent'));
}

/** `2 accepted, 1 rejected` */
export function counts(given: Became): string {
  const groups = Object.groupBy(Object.values(given), ({ state }) => state);
  return Object.entries(groups)
    .map(([state, list]) => `${list.length} ${state}`)
    .join(', ');
}
