import type { Project } from '../../config/project.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { ControlPass, ControlTotal, Side } from '../../reconciliation/entry.ts';
import { withSenders } from '../../reconciliation/exceptions/expected.ts';
import { type NumberRange, type NumberRanges, withNumbers } from '../../reconciliation/exceptions/number-ranges.ts';
import type { CheckedResult, Decision, Rules } from '../../reconciliation/match/reconcile.ts';
import { SIDES, type TotalState } from '../../reconciliation/match/work.ts';
import { keyOfTotal } from '../../reconciliation/passes/control.ts';
import { openRuns, newestRun } from '../../store/ledger/runs.ts';
import type { Source } from '../../store/ledger/sources.ts';
import type { Knex } from '../../store/open.ts';
import { settledState } from '../../store/reconciliation/settled.ts';
import type { StoredTotal } from './control/control-totals.ts';
import { type SeenDays, withDays } from './exceptions/missing-sources.ts';
import { keptKey } from './match-keys.ts';
import type { StoredEntry } from './read-entries.ts';
import { storedBasis } from './reconciliation-basis.ts';

/** What a run keeps for the next one, so that this looks only at what may have changed. */
export interface KeptState {
  /** What the result depends on besides the records; on another basis everything is looked at. */
  basis: string;
  /** The newest run whose records were there, and those that had not ended then. */
  seen: number;
  open: readonly number[];
  /** What people had decided. */
  decisions: ReadonlySet<string>;
  days: SeenDays;
  numbers: readonly NumberRanges[];
  senders: readonly ReadonlyMap<string, ReadonlySet<number>>[];
  /** Records of the left, for each rule of what is expected: see Unanswered. */
  unanswered: readonly (readonly KeptUnanswered[])[];
  lastDay: number;
  /** The totals of each control pass, by its name and the id of the total. */
  totals: Readonly<Record<string, ReadonlyMap<string, KeptTotal>>>;
}

export interface KeptUnanswered {
  pass: number;
  goldens: readonly number[];
}

/** A total of a control pass, as the last run saw it. */
export interface KeptTotal {
  /** Changes with whatever it says. */
  says: string;
  /** The key of its records, as it is kept; null: it has none. */
  key: string | null;
  state: TotalState;
  golden: number;
}

/** Changes when the same records may give another result because the program has changed, or something else is kept. */
const RULES = 12;

/** On what a reconciliation compares now, as text. */
export function basisText(project: Project, config: ReconciliationConfig, sources: readonly Source[]): string {
  const off = sources.flatMap(({ id, pipeline }) => (project.pipelines.get(pipeline)?.value.mode === 'off' ? [id] : []));
  return JSON.stringify([RULES, storedBasis(project, config, sources), off]);
}

/** What the last run kept; undefined where there is none, or it was on another basis. */
export async function keptState(knex: Knex, pipeline: string, basis: string): Promise<KeptState | undefined> {
  const text = await settledState(knex, pipeline);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as Written;
  if (kept.basis !== basis) return undefined;
  const sets = (list: [string, number[]][]): Map<string, Set<number>> => new Map(list.map(([name, days]) => [name, new Set(days)]));
  return {
    basis,
    seen: kept.seen,
    open: kept.open,
    decisions: new Set(kept.decisions),
    days: { left: sets(kept.days.left), right: sets(kept.days.right) },
    numbers: kept.numbers.map((ranges) => new Map(ranges)),
    senders: kept.senders.map(sets),
    unanswered: kept.unanswered.map((groups) => groups.map(([pass, goldens]) => ({ pass, goldens }))),
    lastDay: kept.lastDay ?? -Infinity,
    totals: Object.fromEntries(
      Object.entries(kept.totals).map(([pass, list]) => [
        pass,
        new Map(list.map(([id, says, key, state, golden]) => [id, { says, key, state, golden }])),
      ]),
    ),
  };
}

/** The same, with what is kept of the days and numbers of a side made again: `entries` are all of its records now. */
export function madeAgain(kept: KeptState, { exceptions }: Rules, side: Side, entries: readonly StoredEntry[]): KeptState {
  const days = { ...kept.days, [side]: withDays(new Map(), entries) };
  let lastDay = -Infinity;
  for (const each of SIDES) for (const list of days[each].values()) for (const day of list) if (day > lastDay) lastDay = day;
  return {
    ...kept,
    days,
    lastDay,
    numbers: exceptions.gaps.map((rule, i) =>
      rule.side === side ? withNumbers(new Map(), rule, entries) : (kept.numbers[i] ?? new Map()),
    ),
    senders: exceptions.expected.map((rule, i) =>
      rule.side === side ? withSenders(new Map(), rule, entries) : (kept.senders[i] ?? new Map()),
    ),
  };
}

interface Written {
  basis: string;
  seen: number;
  open: number[];
  decisions: string[];
  days: Record<Side, [string, number[]][]>;
  numbers: [string, NumberRange[]][][];
  senders: [string, number[]][][];
  unanswered: [number, number[]][][];
  /** null: there are no days yet. */
  lastDay: number | null;
  totals: Record<string, [string, string, string | null, TotalState, number][]>;
}

/** What is known after these records too; `before`: of the records that this run has not looked at. */
export async function stateAfter(
  knex: Knex,
  basis: string,
  rules: Rules,
  entries: Readonly<Record<Side, readonly StoredEntry[]>>,
  decisions: readonly Decision[],
  before: KeptState | undefined,
): Promise<KeptState> {
  let lastDay = before?.lastDay ?? -Infinity;
  for (const side of SIDES) for (const { day } of entries[side]) if (day !== null && day > lastDay) lastDay = day;
  return {
    basis,
    seen: await newestRun(knex),
    open: await openRuns(knex),
    decisions: new Set(decisions.map(decisionText)),
    days: { left: withDays(before?.days.left ?? new Map(), entries.left), right: withDays(before?.days.right ?? new Map(), entries.right) },
    numbers: [],
    senders: rules.exceptions.expected.map((rule, i) => withSenders(before?.senders[i] ?? new Map(), rule, entries[rule.side])),
    unanswered: [],
    lastDay,
    totals: before?.totals ?? {},
  };
}

/** As the store keeps it. */
export function stateText(
  state: KeptState,
  rules: Rules,
  { numbers, totals, unanswered }: Pick<CheckedResult, 'numbers' | 'totals' | 'unanswered'>,
): string {
  const lists = (map: ReadonlyMap<string, ReadonlySet<number>>): [string, number[]][] =>
    [...map].map(([name, days]) => [name, [...days].sort((a, b) => a - b)]);
  const written: Written = {
    basis: state.basis,
    seen: state.seen,
    open: [...state.open],
    decisions: [...state.decisions],
    days: { left: lists(state.days.left), right: lists(state.days.right) },
    numbers: numbers.map((ranges) => [...ranges]),
    senders: state.senders.map(lists),
    unanswered: unanswered.map((groups) =>
      groups.map(({ pass, entries }) => [pass, (entries as readonly StoredEntry[]).map((e) => e.golden)]),
    ),
    lastDay: Number.isFinite(state.lastDay) ? state.lastDay : null,
    totals: writtenTotals(state, rules, totals),
  };
  return JSON.stringify(written);
}

/** Every total as it is now; one that this run has not looked at stands as it did, also where it was not read. */
function writtenTotals(state: KeptState, { passes, totals }: Rules, seen: CheckedResult['totals']): Written['totals'] {
  const written: Written['totals'] = {};
  for (const pass of passes) {
    if (pass.kind !== 'control') continue;
    const all = new Map(state.totals[pass.name]);
    for (const total of (totals?.[pass.name] ?? []) as readonly StoredTotal[])
      all.set(total.id, {
        ...keptTotal(pass, total),
        state: seen.get(pass.name)?.get(total.id) ?? all.get(total.id)?.state ?? 'holds',
        golden: total.golden,
      });
    written[pass.name] = [...all].map(([id, { says, key, state, golden }]) => [id, says, key, state, golden]);
  }
  return written;
}

/** What a total says, shortened: a change of it is seen, and nothing can be read from it. With the key of its records. */
export function keptTotal(pass: ControlPass, total: ControlTotal): Pick<KeptTotal, 'says' | 'key'> {
  let kept = made.get(total);
  if (!kept) {
    const { minor, count, first, last, day, currency, values } = total;
    const key = keyOfTotal(pass, total);
    kept = {
      says: keptKey(JSON.stringify([minor, count, first, last, day, currency, values])),
      key: key === null ? null : keptKey(key),
    };
    made.set(total, kept);
  }
  return kept;
}

/** A run asks three times for what is kept of each total; a total is of one pass only. */
const made = new WeakMap<ControlTotal, Pick<KeptTotal, 'says' | 'key'>>();

/** A decision with what was decided. */
export function decisionText({ verdict, left, right, difference = 0 }: Decision): string {
  return JSON.stringify([verdict, left, right, difference]);
}
