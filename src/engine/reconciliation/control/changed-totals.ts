import type { ControlPass } from '../../../reconciliation/entry.ts';
import type { Rules } from '../../../reconciliation/match/work.ts';
import type { Knex } from '../../../store/open.ts';
import { BLOCK, changedBlocks } from '../../../store/revenue/marks.ts';
import { type KeptState, type KeptTotal, keptTotal } from '../kept-state.ts';
import { inOrder, type StoredTotal, type TotalReader } from './control-totals.ts';

/** What may have changed of the totals of a control pass since the last run: all others are as it kept them, and are not read. */
export interface ChangedTotals {
  /** As they are now. */
  now: StoredTotal[];
  /** Ids of those that are there no more. */
  gone: ReadonlySet<string>;
}

/** By the name of the pass. */
export async function changedTotals(
  trx: Knex,
  readers: readonly TotalReader[],
  kept: KeptState,
): Promise<ReadonlyMap<string, ChangedTotals>> {
  const found = new Map<string, ChangedTotals>();
  for (const reader of readers) {
    const blocks = await changedBlocks(trx, reader.entityId, kept.seen);
    const now = blocks.size ? await reader.within(blocks) : [];
    const here = new Set(now.map(({ id }) => id));
    const gone = new Set<string>();
    for (const [id, { golden }] of keptOf(kept, reader.pass)) if (blocks.has(Math.floor(golden / BLOCK)) && !here.has(id)) gone.add(id);
    found.set(reader.pass, { now, gone });
  }
  return found;
}

/** The keys of records that a changed total is about, or was: all of these are looked at. */
export function keysOfChanged(pass: ControlPass, kept: KeptState, { now, gone }: ChangedTotals): Set<string> {
  const before = keptOf(kept, pass.name);
  const keys = new Set<string>();
  const add = (key: string | null | undefined): void => void (key && keys.add(key));
  for (const total of now) {
    const { says, key } = keptTotal(pass, total);
    const old = before.get(total.id);
    if (old?.says === says) continue;
    add(old?.key);
    add(key);
  }
  // An exception without records is found in each run again.
  for (const { key, state } of before.values()) if (state === 'taken') add(key);
  for (const id of gone) add(before.get(id)?.key);
  return keys;
}

/**
 * The totals that a run in part needs: those that may have changed, those that did not hold, and those of which all records are looked at.
 * `looked`: their keys, by the name of the pass. Undefined where one is not as it was kept although nothing has changed it.
 */
export async function totalsOfPart(
  { passes }: Rules,
  readers: readonly TotalReader[],
  kept: KeptState,
  changed: ReadonlyMap<string, ChangedTotals>,
  looked: Readonly<Record<string, ReadonlySet<string>>>,
): Promise<Record<string, StoredTotal[]> | undefined> {
  const found: Record<string, StoredTotal[]> = {};
  for (const reader of readers) {
    const pass = passes.find((one): one is ControlPass => one.kind === 'control' && one.name === reader.pass)!;
    const before = keptOf(kept, pass.name);
    const { now, gone } = changed.get(pass.name)!;
    const here = new Set(now.map(({ id }) => id));
    const wanted: number[] = [];
    for (const [id, { golden, key, state }] of before)
      if (state === 'empty' || state === 'differs' || (key !== null && looked[pass.name]?.has(key)))
        if (!here.has(id) && !gone.has(id)) wanted.push(golden);
    const others = await reader.some(wanted);
    if (others.length < wanted.length || others.some((total) => before.get(total.id)?.says !== keptTotal(pass, total).says))
      return undefined;
    found[pass.name] = inOrder([...now, ...others]);
  }
  return found;
}

/** What is kept, without the totals that are gone. */
export function withoutGone(kept: KeptState, changed: ReadonlyMap<string, ChangedTotals>): KeptState {
  const totals = Object.fromEntries(
    Object.entries(kept.totals).map(([pass, list]) => {
      const gone = changed.get(pass)?.gone;
      return [pass, gone?.size ? new Map([...list].filter(([id]) => !gone.has(id))) : list];
    }),
  );
  return { ...kept, totals };
}

function keptOf(kept: KeptState, pass: string): ReadonlyMap<string, KeptTotal> {
  return kept.totals[pass] ?? new Map();
}
