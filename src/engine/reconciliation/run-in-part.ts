import type { Entry, SettlementPass, Side } from '../../reconciliation/entry.ts';
import { dayNumber } from '../../reconciliation/calendar.ts';
import { monthDebited } from '../../reconciliation/exceptions/fees.ts';
import { withSenders } from '../../reconciliation/exceptions/expected.ts';
import { conservedSums, type SideSum } from '../../reconciliation/match/conservation.ts';
import { type CheckedResult, type FoundException, type Known, reconcileSides, type Rules } from '../../reconciliation/match/reconcile.ts';
import { SIDES, type Unanswered } from '../../reconciliation/match/work.ts';
import type { Knex } from '../../store/open.ts';
import {
  exceptionsWith,
  listExceptions,
  NOT_CLOSED,
  recordsOfExceptions,
  type StoredException,
} from '../../store/reconciliation/exceptions.ts';
import { unitOf } from '../../store/reconciliation/settled.ts';
import { sideStates, statesOfRecords } from '../../store/reconciliation/side-states.ts';
import { totalsOfPart, withoutGone } from './control/changed-totals.ts';
import { type ChangedPart, changedPart, type PartContext } from './changed-part.ts';
import { type KeptState, keptTotal, madeAgain } from './kept-state.ts';
import { keptKey } from './match-keys.ts';
import type { StoredEntry } from './read-entries.ts';
import { agree, sideTotals, type SideTotals } from './side-totals.ts';

/** What a run found, whether it looked at everything or at the part that may have changed. */
export interface Found {
  entries: Record<Side, StoredEntry[]>;
  result: CheckedResult;
  /** With the totals that were read: all of them, or those that the part needs. */
  rules: Rules;
  /** Of all records of both sides. */
  sums: SideSum[];
  totals: Record<Side, SideTotals>;
  /** undefined: everything was looked at. */
  part?: {
    changed: Record<Side, ReadonlySet<number>>;
    blocks: Record<Side, ReadonlySet<number>>;
    matches: ReadonlySet<number>;
    exceptions: ReadonlySet<string>;
    units: number[];
    goldens: Record<Side, number[]>;
    /** What the last run kept, without the records that are gone. */
    before: KeptState;
    /** Exceptions that stay, each with the cause that is stored. */
    kept: { exception: FoundException; cause: string | undefined }[];
  };
}

/**
 * Looks again at what may have changed since the last run. Undefined where everything has to be looked at: also when the sums that are
 * kept, with what has changed, are not those of the records.
 */
export async function runInPart(given: Omit<PartContext, 'most'>): Promise<Found | undefined> {
  const stored = await sideStates(given.trx, given.pipeline);
  const records = stored.reduce((sum, state) => sum + state.records, 0);
  const part = await changedPart({ ...given, most: Math.max(FEWEST, records * SHARE) });
  if (!part || !isInCalendar(given, part.entries)) return undefined;
  const ownTotals = await totalsOfPart(given.rules, given.totals, given.kept, part.changedTotals, part.totals);
  if (!ownTotals) return undefined;
  let before = withoutGone(given.kept, part.changedTotals);
  for (const side of part.again) before = madeAgain(before, given.rules, side, await given.readers[side].all());
  const context = { ...given, kept: before, rules: { ...given.rules, totals: ownTotals } };
  const { pipeline, rules, decisions, days, today, trx } = context;
  const exceptions = await exceptionsOf(context, part);
  const known: Known = {
    strangers: await strangersTo(context, part),
    kept: exceptions.kept.map(({ exception }) => exception),
    unanswered: exceptions.unanswered,
    numbers: context.kept.numbers,
    senders: sendersWith(context, part.entries),
    leftDays: new Set([...context.kept.days.left.values()].flatMap((days) => [...days])),
    lastDay: Math.max(context.kept.lastDay, lastDayOf(part.entries)),
    totals: totalsLookedAt(context, part),
    isMonthWhole: (pass, month) => isMonthWhole(rules, part, pass, month),
  };
  const result = reconcileSides(rules, part.entries, decisions, days, today, known);
  const own = conservedSums(pipeline, part.entries, result);
  const standing = part.decided
    ? await statesOfRecords(trx, pipeline, { left: context.readers.left.side, right: context.readers.right.side })
    : stored;
  const sums = addedUp(standing, part, own);
  const totalsOf = (side: Side): Promise<SideTotals> => sideTotals(trx, pipeline, side, context.readers[side].side, part.blocks[side]);
  const totals = { left: await totalsOf('left'), right: await totalsOf('right') };
  const ownSums = Map.groupBy(sums, ({ side }) => side);
  if (SIDES.some((side) => !agree(totals[side], ownSums.get(side) ?? []))) return undefined;
  const goldens = { left: goldensOf(part, 'left'), right: goldensOf(part, 'right') };
  return {
    entries: part.entries,
    rules,
    result,
    sums,
    totals,
    part: {
      changed: part.changed,
      blocks: part.blocks,
      matches: part.matches,
      exceptions: exceptions.among,
      units: [...part.matches, ...SIDES.flatMap((side) => goldens[side].map((golden) => unitOf(golden, side)))],
      goldens,
      before,
      kept: exceptions.kept,
    },
  };
}

/** Records that are looked at, and those that are gone. */
function goldensOf({ entries, gone }: ChangedPart, side: Side): number[] {
  return [...entries[side].map(({ golden }) => golden), ...gone[side].keys()];
}

/** A part that is a larger share of all records is looked at with everything, which takes no longer. */
const SHARE = 0.3;
const FEWEST = 2000;

/** The calendar was made for the days that are kept, and a month around them. */
function isInCalendar({ kept, today }: Pick<PartContext, 'kept' | 'today'>, entries: ChangedPart['entries']): boolean {
  let [first, last] = [today, today];
  for (const side of SIDES)
    for (const days of kept.days[side].values()) for (const day of days) [first, last] = [Math.min(first, day), Math.max(last, day)];
  return SIDES.every((side) => entries[side].every(({ day }) => day === null || (day >= first - MONTH && day <= last + MONTH)));
}

/** Days. */
const MONTH = 30;

/** Totals that have changed, that had no records, or whose records are all in the part. */
function totalsLookedAt({ rules, kept }: Pick<PartContext, 'rules' | 'kept'>, part: ChangedPart): Known['totals'] {
  const found: Record<string, { looked: Set<string>; differing: Set<string> }> = {};
  for (const pass of rules.passes) {
    if (pass.kind !== 'control') continue;
    const here = part.totals[pass.name];
    const sets = (found[pass.name] = { looked: new Set<string>(), differing: new Set<string>() });
    for (const total of rules.totals?.[pass.name] ?? []) {
      const before = kept.totals[pass.name]?.get(total.id);
      const { says, key } = keptTotal(pass, total);
      if (before?.says !== says || before.state === 'empty' || (key !== null && here?.has(key))) sets.looked.add(total.id);
      else if (before.state === 'differs') sets.differing.add(total.id);
    }
  }
  return found;
}

function lastDayOf(entries: ChangedPart['entries']): number {
  let last = -Infinity;
  for (const side of SIDES) for (const { day } of entries[side]) if (day !== null && day > last) last = day;
  return last;
}

/** The days of each sender, with those of the part. */
function sendersWith({ rules, kept }: Pick<PartContext, 'rules' | 'kept'>, entries: ChangedPart['entries']): Known['senders'] {
  return rules.exceptions.expected.map((rule, i) => withSenders(kept.senders[i] ?? new Map(), rule, entries[rule.side]));
}

/** Records of the right with an amount of the part: they say how common it is. */
async function strangersTo({ rules, readers }: Pick<PartContext, 'rules' | 'readers'>, { entries }: ChangedPart): Promise<StoredEntry[]> {
  const amounts = [...new Set(entries.left.map(({ minor }) => minor))];
  if (!amounts.length || !rules.passes.some(({ kind }) => kind === 'amount')) return [];
  const inside = new Set(entries.right.map(({ golden }) => golden));
  const found: StoredEntry[] = [];
  for (let i = 0; i < amounts.length; i += 5000)
    for (const entry of await readers.right.with({ [readers.right.side.amount]: amounts.slice(i, i + 5000) }))
      if (!inside.has(entry.golden)) found.push(entry);
  return found;
}

/** The exceptions that a part may change, and those of open records that stay: their cause may become known. */
async function exceptionsOf(
  { trx, pipeline, rules, readers, kept: state }: Omit<PartContext, 'most'>,
  part: ChangedPart,
): Promise<{ among: Set<string>; kept: { exception: FoundException; cause: string | undefined }[]; unanswered: Unanswered[][] }> {
  const among = new Set(part.exceptions);
  for (const side of SIDES) {
    const { entityId } = readers[side].side;
    for (const id of await exceptionsWith(trx, pipeline, side, entityId, goldensOf(part, side))) among.add(id);
  }
  const stored = await listExceptions(trx, { pipeline, states: NOT_CLOSED });
  const ofMonths = stored.filter(({ id, type, facts }) => among.has(id) && type === 'fee_odd' && facts.month !== undefined);
  for (const id of await staysWithMonth(trx, rules, part, ofMonths)) among.delete(id);
  for (const { id, leftCount, rightCount } of stored) if (leftCount + rightCount === 0) among.add(id);
  const types = new Set([rules.open.left.type, rules.open.right.type]);
  const expected = new Set(rules.exceptions.expected.map(({ type }) => type));
  // What is open, what lacks something of its sum, and what a sender did not send: what another record says may be their cause.
  const staying = stored.filter(
    ({ id, about, type, facts }) =>
      !among.has(id) && (about === 'money' ? types.has(type) || facts.left_sum !== undefined : expected.has(type)),
  );
  const records = await recordsOfExceptions(
    trx,
    staying.map(({ id }) => id),
  );
  // What did not come for records may by now be missing from a day on which its sender has nothing at all: that is asked again.
  const inPart = new Set(goldensOf(part, 'left'));
  const groups = state.unanswered.map((list) => list.filter(({ goldens }) => !goldens.some((golden) => inPart.has(golden))));
  const waiting = new Set(groups.flatMap((list) => list.flatMap(({ goldens }) => goldens)));
  const isAskedAgain = ({ id, about, facts }: (typeof staying)[number]): boolean =>
    about !== 'money' &&
    facts.side === 'right' &&
    (records.get(id) ?? []).some(({ side, golden }) => side === 'left' && waiting.has(golden));
  for (const one of staying) if (isAskedAgain(one)) among.add(one.id);
  const entries: Record<Side, Map<number, Entry>> = { left: new Map(), right: new Map() };
  for (const side of SIDES) {
    const goldens = [...records.values()].flatMap((list) => list.flatMap((r) => (r.side === side ? [r.golden] : [])));
    if (side === 'left') goldens.push(...waiting);
    for (const entry of await readers[side].some(goldens)) entries[side].set(entry.golden, entry);
  }
  // A cause with records of its own stays as it is; others are named again.
  const standing = new Set(stored.filter(({ id }) => !among.has(id)).map(({ id }) => id));
  const kept = staying
    .filter(({ id }) => !among.has(id))
    .map(({ id, type, minor, currency, since, facts, about }) => {
      const of = (side: Side): Entry[] =>
        (records.get(id) ?? []).flatMap((r) => (r.side === side ? (entries[side].get(r.golden) ?? []) : []));
      const { cause, ...rest } = facts;
      const day = since === null ? null : dayNumber(since);
      const exception: FoundException = {
        id,
        type,
        left: of('left'),
        right: of('right'),
        minor,
        currency,
        since: day,
        facts: rest,
        holds: about === 'money',
        ...(standing.has(String(cause)) ? { cause: String(cause) } : {}),
      };
      return { exception, cause: cause === undefined ? undefined : String(cause) };
    });
  const unanswered = groups.map((list) =>
    list.map(({ pass, goldens }) => ({ pass, entries: goldens.flatMap((golden) => entries.left.get(golden) ?? []) })),
  );
  return { among, kept, unanswered };
}

/** Whether all settlements of a month are in the part, and all debits of its fees. */
function isMonthWhole({ passes }: Rules, { months }: ChangedPart, pass: SettlementPass, month: string): boolean {
  return months.has(`${passes.findIndex(({ name }) => name === pass.name)} ${keptKey(month)}`);
}

/** Of what was found of the fees of a month, what stays: its debits are in the part, but the month is not looked at again. */
async function staysWithMonth(
  trx: Knex,
  rules: Rules,
  part: ChangedPart,
  found: readonly Pick<StoredException, 'id'>[],
): Promise<string[]> {
  if (!found.length) return [];
  const records = await recordsOfExceptions(
    trx,
    found.map(({ id }) => id),
  );
  const entries = { left: byGolden(part.entries.left), right: byGolden(part.entries.right) };
  const stays = (side: Side, golden: number): boolean => {
    const entry = entries[side].get(golden);
    return rules.passes.some((pass) => {
      const month = entry && pass.kind === 'settlement' && pass.of === side ? monthDebited(pass, entry) : null;
      return month !== null && !isMonthWhole(rules, part, pass as SettlementPass, month);
    });
  };
  return found.flatMap(({ id }) => ((records.get(id) ?? []).some(({ side, golden }) => stays(side, golden)) ? [id] : []));
}

function byGolden(entries: readonly StoredEntry[]): Map<number, StoredEntry> {
  return new Map(entries.map((entry) => [entry.golden, entry]));
}

/** The sums that were kept, without how the records of the part stood before, and with how they stand now. */
function addedUp(before: readonly SideSum[], part: ChangedPart, own: readonly SideSum[]): SideSum[] {
  const sums = new Map<string, SideSum>();
  const add = (side: Side, currency: string, state: SideSum['state'], records: number, minor: number): void => {
    const name = `${side} ${currency} ${state}`;
    const sum = sums.get(name);
    if (!sum) sums.set(name, { side, currency, state, records, minor });
    else {
      sum.records += records;
      sum.minor += minor;
    }
  };
  for (const { side, currency, state, records, minor } of [...before, ...own]) add(side, currency, state, records, minor);
  const currencies = { left: currenciesOf(part, 'left'), right: currenciesOf(part, 'right') };
  for (const { side, golden, state, minor } of part.standings) add(side, currencies[side].get(golden)!, state, -1, -minor);
  return [...sums.values()].filter(({ records, minor }) => records !== 0 || minor !== 0);
}

function currenciesOf({ entries, gone }: ChangedPart, side: Side): Map<number, string> {
  return new Map([...gone[side], ...entries[side].map(({ golden, currency }) => [golden, currency] as const)]);
}
