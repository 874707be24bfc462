import type { BusinessDays, Side } from '../../reconciliation/entry.ts';
import type { Decision, Rules } from '../../reconciliation/match/reconcile.ts';
import { likenessKey, type Relation, relationsOf } from '../../reconciliation/match/relations.ts';
import { hasOwnFee } from '../../reconciliation/exceptions/fees.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import type { Knex } from '../../store/open.ts';
import { goldensByName } from '../../store/landing/record-names.ts';
import { recordsOfExceptions } from '../../store/reconciliation/exceptions.ts';
import { recordsOfMatches } from '../../store/reconciliation/matches.ts';
import {
  changedFields,
  changedGoldens,
  deletedGoldens,
  formerValues,
  hasChanged,
  goldensInTransit,
  keysOfUnits,
  recordOfUnit,
  type Standing,
  standingsOf,
  unitOf,
  unitsByKeys,
} from '../../store/reconciliation/settled.ts';
import { changedBlocks, rangesOf } from '../../store/revenue/marks.ts';
import { recordsAlike } from './alike.ts';
import { type ChangedTotals, changedTotals, keysOfChanged } from './control/changed-totals.ts';
import type { TotalReader } from './control/control-totals.ts';
import { decisionText, type KeptState } from './kept-state.ts';
import { keptKey } from './match-keys.ts';
import type { SideReader, StoredEntry } from './read-entries.ts';
import type { RecordNames } from './record-name.ts';

/** The part of a reconciliation that may have changed: all of it and nothing else is looked at again. */
export interface ChangedPart {
  entries: Record<Side, StoredEntry[]>;
  /** How they stood before; new records are not there. */
  standings: Standing[];
  /** Those of them that have changed, come or gone since the last run. */
  changed: Record<Side, Set<number>>;
  /** Blocks of neighboring ids in which something changed. */
  blocks: Record<Side, Set<number>>;
  /** Records that have left their side since, with the currency that they had. */
  gone: Record<Side, Map<number, string>>;
  /** Sides of which what is kept of days and numbers has to be made again from all records. */
  again: Set<Side>;
  matches: Set<number>;
  exceptions: Set<string>;
  /** People have decided something since, so matches may be gone that the kept sums count. */
  decided: boolean;
  /** The keys of control passes of which every record is here, by the name of the pass. */
  totals: Record<string, Set<string>>;
  changedTotals: ReadonlyMap<string, ChangedTotals>;
  /** The months, each with the index of its pass, of which all settlements and debits of fees are here. */
  months: Set<string>;
}

export interface PartContext {
  trx: Knex.Transaction;
  pipeline: string;
  rules: Rules;
  readers: Record<Side, SideReader>;
  totals: readonly TotalReader[];
  kept: KeptState;
  decisions: readonly Decision[];
  names: RecordNames;
  days: BusinessDays;
  today: number;
  /** Fields on which what is kept of days and numbers depends: where one has changed, that is made again. */
  keptFields: Record<Side, readonly string[]>;
  /** Of more records than this, everything is looked at. */
  most: number;
}

interface Lookup {
  relation: number;
  key: string;
  /** null: days do not matter. */
  day: number | null;
}

/**
 * What has changed since the last run, and whatever a relation ties to it, again and again. Undefined where everything has to be
 * looked at: too much has changed, or a record is not on its side anymore and it is not known why.
 */
export async function changedPart(context: PartContext): Promise<ChangedPart | undefined> {
  const { trx, pipeline, rules, readers, kept, decisions } = context;
  const part: ChangedPart = {
    entries: { left: [], right: [] },
    standings: [],
    changed: { left: new Set(), right: new Set() },
    blocks: { left: new Set(), right: new Set() },
    gone: { left: new Map(), right: new Map() },
    again: new Set(),
    matches: new Set(),
    exceptions: new Set(),
    decided: decisions.some((decision) => !kept.decisions.has(decisionText(decision))),
    totals: {},
    months: new Set(),
    changedTotals: await changedTotals(trx, context.totals, kept),
  };
  const inside: Record<Side, Set<number>> = { left: new Set(), right: new Set() };
  const next: Record<Side, Set<number>> = { left: new Set(), right: new Set() };
  const { changed } = part;
  for (const side of SIDES) {
    const { entityId } = readers[side].side;
    part.blocks[side] = await changedBlocks(trx, entityId, kept.seen);
    const goldens = [
      ...(await changedGoldens(trx, readers[side].side, kept.seen, kept.open, rangesOf(part.blocks[side]))),
      ...(await deletedGoldens(trx, entityId, kept.seen, kept.open)),
    ];
    if (goldens.length > context.most) return undefined;
    const known = (await standingsOf(trx, pipeline, side, entityId, goldens)).map(({ golden }) => golden);
    // A match that a person has revoked has left no keys: what its record was tied to before it changed is not known.
    const standing = new Set(known);
    const without = part.decided ? goldens.filter((golden) => !standing.has(golden)) : [];
    if (await hasChanged(trx, entityId, without, kept.seen, kept.open)) return undefined;
    const fields = await changedFields(trx, entityId, known, kept.seen, kept.open);
    if (context.keptFields[side].some((field) => fields.has(field))) part.again.add(side);
    for (const golden of [...goldens, ...known]) changed[side].add(golden);
    for (const golden of changed[side]) next[side].add(golden);
    for (const { golden, day } of await readers[side].some(await goldensInTransit(trx, pipeline, side)))
      if (day !== null && context.days.index(context.today) - context.days.index(day) > rules.open[side].within) next[side].add(golden);
  }
  const byName = new Map<string, Decision>();
  for (const decision of decisions) {
    const isNew = !kept.decisions.has(decisionText(decision));
    if (decision.verdict === 'same') for (const side of SIDES) for (const name of decision[side]) byName.set(`${side} ${name}`, decision);
    if (!isNew) continue;
    await addNamed(context, decision, next);
  }
  const relations = relationsOf(rules);
  const unheld = keysNotHeld(context, relations);
  const asked = new Set<string>();
  /** By the relation and key of a debit that is here, what finds the settlements of its month. */
  const debits = new Map<string, Lookup>();
  const ofMonth = (relation: number, key: string): Lookup => ({
    relation: relations[relation]!.monthly === 'settlement' ? relation + 1 : relation,
    key,
    day: null,
  });
  const ask = async (lookups: readonly Lookup[]): Promise<void> => {
    const fresh = lookups.filter(({ relation, key, day }) => {
      const name = `${relation} ${key} ${day}`;
      return asked.has(name) ? false : asked.add(name);
    });
    noteTotals(context, relations, fresh, part);
    await addRelated(context, fresh, next);
  };
  await ask(lookupsOfTotals(context, relations, part));
  for (;;) {
    const lookups: Lookup[] = [];
    const units: number[] = [];
    let found = 0;
    for (const side of SIDES) {
      const goldens = [...next[side]].filter((golden) => !inside[side].has(golden));
      next[side].clear();
      if (!goldens.length) continue;
      const entries = await readers[side].some(goldens);
      const standings = await standingsOf(trx, pipeline, side, readers[side].side.entityId, goldens);
      for (const golden of goldens) inside[side].add(golden);
      const gone = await goneFrom(context, side, entries, standings);
      // What is not there although nothing has changed it cannot be told from what is wrongly kept.
      if (!gone || [...gone.keys()].some((golden) => !changed[side].has(golden))) return undefined;
      for (const [golden, currency] of gone) part.gone[side].set(golden, currency);
      if (gone.size) part.again.add(side);
      found += entries.length + gone.size;
      for (const entry of entries) part.entries[side].push(entry);
      for (const standing of standings) part.standings.push(standing);
      for (const { golden, match } of standings) if (changed[side].has(golden)) units.push(match ?? unitOf(golden, side));
      await addTogether(context, standings, part, next);
      for (const entry of entries) {
        const decision = byName.get(`${side} ${entry.id}`);
        if (decision) await addNamed(context, decision, next);
        for (const [relation, { keyOf, near, monthly }] of relations.entries()) {
          const text = keyOf(entry, side);
          if (text === null) continue;
          const key = keptKey(text);
          // What holds depends on its own records alone, so those that have not changed say nothing new of each other.
          if (unheld.has(relation) && !changed[side].has(entry.golden) && !unheld.get(relation)!.has(key)) continue;
          if (monthly) {
            if (monthly === 'debit') debits.set(`${relation} ${key}`, { relation: relation - 1, key, day: null });
            if (changed[side].has(entry.golden) || !hasOwnFeeIn(rules, relations[relation]!, entry)) lookups.push(ofMonth(relation, key));
            continue;
          }
          lookups.push({ relation, key, day: near === undefined ? null : entry.day });
        }
        rules.exceptions.duplicates.forEach((rule, i) => {
          if (rule.side === side) lookups.push({ relation: relations.length, key: keptKey(likenessKey(i, rule.fields, entry)), day: null });
        });
      }
      const own = { pipeline, rules, reader: readers[side] };
      const fresh = entries.filter(({ golden }) => changed[side].has(golden));
      for (const golden of await recordsAlike(trx, own, side, fresh)) next[side].add(golden);
    }
    if (!found) return part;
    if (inside.left.size + inside.right.size > context.most) return undefined;
    // What a changed record was tied to before is found by the keys that it had then.
    for (const { relation, key, day } of await keysOfUnits(trx, pipeline, units)) {
      const { near, monthly } = relations[relation] ?? {};
      lookups.push(monthly ? ofMonth(relation, key) : { relation, key, day: near === undefined ? null : day });
    }
    await ask(lookups);
    // A debit is checked again where something of its month has changed; then with all settlements of that month.
    const due = [...debits].flatMap(([name, lookup]) => (asked.has(`${name} null`) ? [lookup] : []));
    for (const { relation, key } of due) part.months.add(`${relations[relation]!.pass} ${key}`);
    await ask(due);
  }
}

/** The records that stood in the last result and are on their side no more, with their currency; undefined where that is not known. */
async function goneFrom(
  { trx, readers, kept }: PartContext,
  side: Side,
  entries: readonly StoredEntry[],
  standings: readonly Standing[],
): Promise<Map<number, string> | undefined> {
  const here = new Set(entries.map(({ golden }) => golden));
  const gone = [...new Set(standings.flatMap(({ golden }) => (here.has(golden) ? [] : [golden])))];
  if (!gone.length) return new Map();
  const own = readers[side].side;
  const currencies = await formerValues(trx, own, `${own.amount}_currency`, gone, kept.seen, kept.open);
  return gone.every((golden) => currencies.has(golden)) ? currencies : undefined;
}

/** Whether what a settlement adds to the fees of its month has not changed where it has not; a debit that has not changed adds the same. */
function hasOwnFeeIn(rules: Rules, { pass: own, monthly }: Relation, entry: StoredEntry): boolean {
  const pass = rules.passes[own];
  return monthly === 'debit' || (pass?.kind === 'settlement' && hasOwnFee(pass, entry));
}

function noteTotals({ rules }: PartContext, relations: readonly Relation[], lookups: readonly Lookup[], part: ChangedPart): void {
  for (const { relation, key } of lookups) {
    const pass = rules.passes[relations[relation]?.pass ?? rules.passes.length];
    if (pass?.kind === 'control') (part.totals[pass.name] ??= new Set()).add(key);
  }
}

/** By the relation of each control pass, the keys of totals that did not hold. */
function keysNotHeld({ rules, kept }: PartContext, relations: readonly Relation[]): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  relations.forEach(({ pass }, relation) => {
    const control = rules.passes[pass];
    if (control?.kind !== 'control') return;
    const totals = [...(kept.totals[control.name]?.values() ?? [])];
    found.set(relation, new Set(totals.flatMap(({ key, state }) => (key === null || state === 'holds' ? [] : [key]))));
  });
  return found;
}

/** The records of totals that have changed, come or gone: by the key that each has now, and by the one that it had. */
function lookupsOfTotals({ rules, kept }: PartContext, relations: readonly Relation[], part: ChangedPart): Lookup[] {
  return rules.passes.flatMap((pass, i) => {
    const changed = part.changedTotals.get(pass.name);
    if (pass.kind !== 'control' || !changed) return [];
    const relation = relations.findIndex((r) => r.pass === i);
    return [...keysOfChanged(pass, kept, changed)].map((key) => ({ relation, key, day: null }));
  });
}

/** All records of the matches and exceptions of these. */
async function addTogether(
  { trx }: PartContext,
  standings: readonly Standing[],
  part: ChangedPart,
  next: Record<Side, Set<number>>,
): Promise<void> {
  const matches = [...new Set(standings.flatMap(({ match }) => (match === null || part.matches.has(match) ? [] : [match])))];
  const exceptions = [
    ...new Set(standings.flatMap(({ exception }) => (exception === null || part.exceptions.has(exception) ? [] : [exception]))),
  ];
  for (const id of matches) part.matches.add(id);
  for (const id of exceptions) part.exceptions.add(id);
  for (const { side, golden } of await recordsOfMatches(trx, matches)) next[side].add(golden);
  for (const list of (await recordsOfExceptions(trx, exceptions)).values()) for (const { side, golden } of list) next[side].add(golden);
}

async function addNamed({ trx, readers, names }: PartContext, decision: Decision, next: Record<Side, Set<number>>): Promise<void> {
  for (const side of SIDES)
    for (const golden of await goldensByName(trx, readers[side].side.entityId, decision[side].map(names.partsOf))) next[side].add(golden);
}

async function addRelated(
  { trx, pipeline, rules, days }: PartContext,
  lookups: readonly Lookup[],
  next: Record<Side, Set<number>>,
): Promise<void> {
  const relations = relationsOf(rules);
  const dated = new Map<string, number[]>();
  const wanted = lookups.map(({ relation, key, day }) => {
    const { pass: own, near, whole } = relations[relation] ?? { pass: -1, near: undefined, whole: true };
    // Also those that a person has tied before any pass.
    const pass = whole ? -1 : own;
    if (near === undefined || day === null) return { relation, key, from: 0, to: 0, pass };
    const name = `${relation} ${key}`;
    const list = dated.get(name);
    if (list) list.push(day);
    else dated.set(name, [day]);
    // Enough days of the calendar for so many business days.
    const reach = near * 2 + 12;
    return { relation, key, from: day - reach, to: day + reach, pass };
  });
  const matches = new Set<number>();
  for (const { relation, key, day, unit } of await unitsByKeys(trx, pipeline, wanted)) {
    const near = relations[relation]?.near;
    const asked = dated.get(`${relation} ${key}`);
    if (near !== undefined && !asked?.some((other) => Math.abs(days.index(day) - days.index(other)) <= near)) continue;
    if (unit > 0) matches.add(unit);
    else {
      const { golden, side } = recordOfUnit(unit);
      next[side].add(golden);
    }
  }
  for (const { side, golden } of await recordsOfMatches(trx, [...matches])) next[side].add(golden);
}
