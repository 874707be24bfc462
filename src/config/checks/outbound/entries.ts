import type { Problem } from '../../../core/errors.ts';
import { type Draft, isGiven, type Part, problemAt } from '../../draft.ts';
import { JOURNAL_ENTRY } from '../../schema/journal-entry.ts';
import type { DeliveryConfig, PipelineConfig } from '../../schema/pipeline.ts';
import { suggestion } from '../references.ts';

/** What of revenue `where` of a pipeline that posts entries may ask for. */
const ASKED = ['department', 'tender'];

/** A pipeline that sends journal entries: its mapping reads them, the ledger is described, and no other pipeline posts the same money. */
export function checkEntries(draft: Draft, part: Part<PipelineConfig>, deliver: DeliveryConfig): Problem[] {
  const { entries, carry, since, where, mapping: name, connection } = deliver;
  const problems: Problem[] = [];
  const add = (path: (string | number)[], code: string, message: string, hint?: string): void =>
    void problems.push(problemAt(part, ['deliver', ...path], code, message, hint));
  const reads = draft.sinkMappings.get(name)?.value.from.entity;
  if (!entries) {
    if (reads === JOURNAL_ENTRY)
      add(
        [],
        'KEY_MISSING',
        `${name} reads journal entries, but the key "entries", which says from which day on they are made, is missing.`,
        'Add entries: { since: 2026-07-01 }, the first day whose receipts are posted.',
      );
    return problems;
  }
  if (reads !== undefined && reads !== JOURNAL_ENTRY)
    add(
      ['mapping'],
      'VALUE_INVALID',
      `${name} reads ${reads}, but entries are sent.`,
      `Name a mapping with from: { entity: ${JOURNAL_ENTRY} }.`,
    );
  for (const [key, given] of Object.entries({ carry, since }))
    if (given !== undefined)
      add(
        [key],
        'VALUE_INVALID',
        'cannot be used together with entries.',
        key === 'since' ? 'Remove since: the first day is in entries.since.' : 'Remove it here, and write a second pipeline for it.',
      );
  for (const field of Object.keys(where))
    if (!ASKED.includes(field))
      add(['where', field], 'REFERENCE_UNKNOWN', `entries cannot be chosen by "${field}".`, suggestion(field, ASKED));
  if (draft.config && !draft.config.value.ledger && !isGiven(draft.config, 'ledger'))
    add(
      ['entries'],
      'KEY_MISSING',
      'no journal entries can be made, because config/interlocal.yaml has no key "ledger", which names their accounts.',
      'Add ledger to it; docs/finance.md has an example.',
    );
  for (const [id, other] of draft.pipelines) {
    const theirs = other?.value.deliver;
    if (!theirs?.entries || id <= part.value.pipeline || theirs.connection !== connection || other!.value.mode === 'off') continue;
    if (part.value.mode !== 'off' && !disjoint(where, theirs.where))
      add(
        ['where'],
        'VALUE_INVALID',
        `${id} posts entries to ${connection} too, and the same receipts may be in both.`,
        'Give both a where with different values of one field, such as department, or set one of them to mode: off.',
      );
  }
  return problems;
}

/** Is there a field of which both name values, and none in common? */
function disjoint(one: DeliveryConfig['where'], other: DeliveryConfig['where']): boolean {
  return Object.entries(one).some(([field, values]) => {
    const theirs = other[field];
    return theirs !== undefined && ![values].flat().some((value) => [theirs].flat().includes(value));
  });
}
