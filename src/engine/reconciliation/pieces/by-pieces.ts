import type { Side } from '../../../reconciliation/entry.ts';
import { componentsOf, type Numbered } from '../../../reconciliation/match/components.ts';
import { conservedSums, type SideSum } from '../../../reconciliation/match/conservation.ts';
import { reconcileInPieces } from '../../../reconciliation/match/pieces.ts';
import { mayRunInPart } from '../../../reconciliation/match/relations.ts';
import { SIDES } from '../../../reconciliation/match/work.ts';
import { listExceptions, NOT_CLOSED, recordsOfExceptions } from '../../../store/reconciliation/exceptions.ts';
import { savingMatches } from '../../../store/reconciliation/saved-matches.ts';
import { gatherKeys } from '../../../store/reconciliation/saved-keys.ts';
import { saveAlikePages } from '../../../store/reconciliation/side-blocks.ts';
import { stopIfAsked } from '../../run/context.ts';
import { gatherAlike } from '../alike.ts';
import type { PartContext } from '../changed-part.ts';
import { type KeptState, stateAfter } from '../kept-state.ts';
import { addKeys } from '../match-keys.ts';
import { townDays } from '../pass-rules.ts';
import type { SideReader, StoredEntry } from '../read-entries.ts';
import type { ReconciliationRun } from '../reconciliation-run.ts';
import { explanations, inOrderOfRecords, passMatchesOf } from '../saving/pass-matches.ts';
import { type Saved, saveFound, type SavingContext } from '../saving/save-found.ts';
import { untriedNotes } from '../untried.ts';
import type { SideTotals } from '../side-totals.ts';
import { type PackedEntries, packedEntries } from './packed-entries.ts';

/** Records of a piece, where no more are tied to each other: a third of what is looked at at once. */
const PIECE = 100_000;

type Context = Pick<PartContext, 'readers' | 'decisions'> & SavingContext;

/**
 * Reconciles all records of a large town, with the same result as at once: they are read once and packed, put into pieces by what may tie
 * them, and each piece is reconciled and its matches are saved before the next one is made.
 */
export async function reconcileByPieces(
  run: ReconciliationRun,
  context: Context,
  basis: string,
  totals: Record<Side, SideTotals>,
): Promise<Saved> {
  const { trx, pipeline, rules, readers, decisions, today, entityIds, project } = context;
  const packed = { left: await packedSide(readers.left), right: await packedSide(readers.right) };
  const days = townDays(project, [...packed.left.span, ...packed.right.span], today);
  const records = inOneRow(packed.left.entries, packed.right.entries);
  const size = run.recordsAtOnce === undefined ? PIECE : Math.min(PIECE, run.recordsAtOnce);
  const components = componentsOf(rules, decisions, days, records, size);
  const pieces = reconcileInPieces(rules, decisions, days, today);
  const explained = explanations(await recordsToExplain(context));
  const keys = gatherKeys();
  const alike = gatherAlike(rules);
  const sums: SideSum[] = [];
  let state: KeptState | undefined;
  const expected = Math.min(packed.left.entries.length, packed.right.entries.length);
  const matched = await savingMatches(trx, context.run, expected, async (saving) => {
    for (let piece = 0; piece < components.pieces; piece++) {
      stopIfAsked(run);
      const sides: Record<Side, StoredEntry[]> = { left: [], right: [] };
      for (const record of components.recordsOf(piece)) sides[records.sideOf(record)].push(records.entryAt(record));
      const found = pieces.add(sides, components.totalsOf(piece));
      addSums(sums, conservedSums(pipeline, sides, found));
      inOrderOfRecords(found.matches);
      const ids = await saving.add(passMatchesOf(found.matches, entityIds));
      explained.add(found.matches);
      if (mayRunInPart(rules)) addKeys(rules, found, ids, keys.add);
      for (const side of SIDES) alike.add(side, sides[side]);
      state = await stateAfter(trx, basis, rules, sides, decisions, state);
    }
    return saving.finish((golden, side) => packed[side].entries.nameOf(golden) ?? String(golden));
  });
  const result = pieces.finish();
  const exceptions = await saveFound(context, {
    ...{ result, explained, keys, sums, totals, days, state: state! },
    async saveAlike() {
      for (const side of SIDES) await saveAlikePages(trx, pipeline, side, alike.pages(side));
    },
  });
  return {
    sums,
    saved: { matched, exceptions },
    untried: untriedNotes(rules, result),
    lacking: { left: totals.left.lacking, right: totals.right.lacking },
  };
}

/** The records of a side, and the first and last of their days. */
async function packedSide({ fields, pages }: SideReader): Promise<{ entries: PackedEntries; span: number[] }> {
  const entries = packedEntries(fields);
  let [first, last] = [Infinity, -Infinity];
  for await (const page of pages())
    for (const entry of page) {
      entries.add(entry);
      if (entry.day !== null) [first, last] = [Math.min(first, entry.day), Math.max(last, entry.day)];
    }
  return { entries, span: first <= last ? [first, last] : [] };
}

interface InOneRow extends Numbered {
  entryAt(record: number): StoredEntry;
}

/** The left first. */
function inOneRow(left: PackedEntries, right: PackedEntries): InOneRow {
  return {
    length: left.length + right.length,
    entryAt: (record) => (record < left.length ? left.at(record) : right.at(record - left.length)),
    sideOf: (record) => (record < left.length ? 'left' : 'right'),
  };
}

/** Names of the records of exceptions that may be gone after this run. */
async function recordsToExplain({ trx, pipeline }: SavingContext): Promise<Set<string>> {
  const stored = await listExceptions(trx, { pipeline, states: NOT_CLOSED });
  const records = await recordsOfExceptions(
    trx,
    stored.map(({ id }) => id),
  );
  return new Set([...records.values()].flatMap((list) => list.map(({ record }) => record)));
}

function addSums(sums: SideSum[], more: readonly SideSum[]): void {
  for (const one of more) {
    const known = sums.find(({ side, currency, state }) => side === one.side && currency === one.currency && state === one.state);
    if (!known) sums.push({ ...one });
    else {
      known.records += one.records;
      known.minor += one.minor;
    }
  }
}
