import { type Composition, compositionOf, type GroupRecord, type RecordGroup } from '../engine/reconciliation/composition.ts';
import { splitsOfSide } from '../engine/revenue/legs.ts';
import type { Engine } from '../engine/run/engine.ts';
import type { EntryState } from '../reconciliation/match/work.ts';
import { noSplit, type Split, type Standing } from '../reconciliation/standing.ts';
import { exceptionSentences } from './reconciliation/exceptions.ts';
import { knownNames } from './known-names.ts';
import { originsOf } from './revenue/origins.ts';
import { columnsFrom, type Report, type ReportRow, SPLIT_COLUMNS } from './output/table.ts';

/** Which records of a reconciliation. */
export interface RecordFilter {
  from?: string | undefined;
  to?: string | undefined;
  side?: 'left' | 'right' | undefined;
  /**
   * matched: in a confirmed match of their present version; open: all others; different: matched, and the sides differ. The others are
   * the states that a reconciliation by passes has its records in.
   */
  state?: 'matched' | 'open' | 'different' | EntryState | undefined;
  /** Only of one side: those of whose cents some stand so. */
  standing?: Standing | undefined;
  /** The key of a record: only those of its group. */
  record?: string | undefined;
  /** Of a reconciliation that compares sums: the key, or its first parts. */
  key?: readonly string[] | undefined;
}

/**
 * `report records PIPELINE`: the records behind any figure of a reconciliation, each with what it is tied to and with its file and line.
 * `group` is the same for records that belong together.
 */
export async function recordsReport(engine: Engine, pipeline: string, filter: RecordFilter): Promise<Report> {
  const { entities, groups } = await compositionOf(engine, pipeline, { left: [], right: [] });
  const within = (day: string | null): boolean =>
    day === null ? !filter.from && !filter.to : (!filter.from || day >= filter.from) && (!filter.to || day <= filter.to);
  const { state, key, record: wanted } = filter;
  const asked = (['left', 'right'] as const).filter((side) => filter.side === undefined || filter.side === side);
  const standings = { left: new Map<number, Split>(), right: new Map<number, Split>() };
  for (const side of asked) standings[side] = await splitsOfSide(engine, pipeline, side);
  const isPart = ({ side, golden, day, state: own, keys }: GroupRecord): boolean =>
    within(day) &&
    (filter.standing === undefined || (standings[side].get(golden)?.[filter.standing] ?? 0) !== 0) &&
    (key === undefined || (keys !== undefined && key.every((part, i) => part === (keys[i] || '(empty)')))) &&
    (state === undefined || ['matched', 'open', 'different'].includes(state) || own === state);
  const is = (group: RecordGroup): boolean => {
    if (state === 'different') return differs(group) && [...group.left, ...group.right].every(({ day }) => within(day));
    return state === 'matched' || state === 'open' ? (group.state === 'confirmed') === (state === 'matched') : true;
  };
  const found = groups.filter((group) => is(group) && asked.some((side) => group[side].some(isPart)));
  const shown = wanted === undefined ? found : await groupsOfKey(engine, entities, found, wanted);
  const sentences = await exceptionSentences(
    engine,
    shown.flatMap((group) => group.exceptions),
  );
  const origins = {
    left: await originsOf(
      engine,
      entities.left.entity,
      shown.flatMap((group) => group.left.map(({ golden }) => golden)),
    ),
    right: await originsOf(
      engine,
      entities.right.entity,
      shown.flatMap((group) => group.right.map(({ golden }) => golden)),
    ),
  };
  const named = shown
    .map((group) => {
      const keys = [...group.left, ...group.right]
        .map(({ side, golden }) => `${side} ${origins[side].get(golden)?.key ?? `#${golden}`}`)
        .sort();
      const day = [...group.left, ...group.right].map((record) => record.day ?? '').sort()[0]!;
      return { group, order: `${day}\u0000${keys[0]!}` };
    })
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  return {
    title: `Records of ${pipeline}`,
    definition: {
      report: 'records',
      pipeline,
      from: filter.from ?? null,
      to: filter.to ?? null,
      side: filter.side ?? null,
      state: filter.state ?? null,
      ...(filter.standing === undefined ? {} : { standing: filter.standing }),
      ...(wanted === undefined ? {} : { record: wanted }),
      ...(key === undefined ? {} : { key: key.join(' › ') }),
    },
    notes: ['Records of one group belong together.'],
    tables: [
      {
        name: 'records',
        title: 'Records',
        drills: [
          { as: 'drill', what: 'What the source said of a record, field by field', command: ['explain'], args: ['entity', 'named'] },
        ],
        columns: columnsFrom(
          'group:Group:count',
          'side:Side',
          'what:What',
          'entity:Entity',
          'system:System',
          'key:Key',
          'day:Day',
          'currency:Currency',
          'amount:Amount:money',
          ...SPLIT_COLUMNS,
          'state:State',
          'rule:Rule',
          'why:What is wrong',
          'file:File',
          'line:Line:count',
        ),
        rows: named.flatMap(({ group }, i) =>
          asked.flatMap((side) =>
            group[side]
              .filter(isPart)
              .map((record): ReportRow => {
                const origin = origins[side].get(record.golden);
                const { day, currency, minor: amount } = record;
                return {
                  group: i + 1,
                  side,
                  what: entities[side].name,
                  entity: entities[side].entity,
                  system: origin?.connection ?? null,
                  key: origin?.key ?? `#${record.golden}`,
                  // Two systems may know two records by one key.
                  named: `#${record.golden}`,
                  day,
                  currency,
                  amount,
                  ...(standings[side].get(record.golden) ?? noSplit()),
                  state: group.state,
                  rule: group.rule,
                  why: group.exceptions.flatMap((id) => sentences.get(id) ?? []).join(' ') || null,
                  file: origin?.file ?? null,
                  line: origin?.line ?? null,
                };
              })
              .sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
          ),
        ),
      },
    ],
  };
}

/** Matched, and one side comes to more than the other: somebody accepted the difference. */
function differs({ state, left, right }: RecordGroup): boolean {
  const sum = (list: readonly GroupRecord[]): number => list.reduce((total, { minor }) => total + minor, 0);
  return state === 'confirmed' && left.length > 0 && right.length > 0 && sum(left) !== sum(right);
}

/** The groups that have a record with this key. Throws ConfigError REPORT_NAME_UNKNOWN where no record of the reconciliation has it. */
async function groupsOfKey(
  engine: Engine,
  entities: Composition['entities'],
  groups: readonly RecordGroup[],
  key: string,
): Promise<RecordGroup[]> {
  const keys = new Map<RecordGroup, string[]>(groups.map((group) => [group, []]));
  const names = knownNames({ record: key });
  for (const side of ['left', 'right'] as const) {
    const origins = await originsOf(
      engine,
      entities[side].entity,
      groups.flatMap((group) => group[side].map(({ golden }) => golden)),
    );
    for (const group of groups)
      for (const { golden } of group[side]) {
        const own = origins.get(golden)?.key ?? `#${golden}`;
        keys.get(group)!.push(own);
        names.see('record', own);
      }
  }
  const found = groups.filter((group) => keys.get(group)!.includes(key));
  if (found.length === 0) names.check();
  return found;
}
