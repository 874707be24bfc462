import { compare } from '../../core/compare.ts';
import { AGE_BUCKETS } from '../../reconciliation/exceptions/types.ts';
import { notAmongExceptions } from '../../engine/reconciliation/keyed-differences.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { exceptionsOpenOn, linesOfExceptions, SHOW_EXCEPTION } from './exceptions.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

interface Group {
  count: number;
  /** Minor units without their sign: too much does not make up for too little. */
  amount: number;
  oldest: string | null;
  overdue: number;
}

/** Which exceptions: of one type, of one bucket of ages, of one owner. */
export interface AgingFilter {
  type?: string | undefined;
  age?: string | undefined;
  owner?: string | undefined;
}

/** `report aging`: exceptions that were unresolved at the end of a day, or at a moment of it, by type and age, and by owner. Ages are business days. */
export async function agingReport(engine: Engine, asOf: string, moment?: string, filter: AgingFilter = {}): Promise<Report> {
  const groups = new Map<string, Group & { type: string; bucket: string; currency: string }>();
  const owners = new Map<string, Group & { owner: string; currency: string }>();
  const open = await exceptionsOpenOn(engine, asOf, moment);
  const is = (wanted: string | undefined, value: string): boolean => wanted === undefined || wanted === value;
  const items: ReportRow[] = [];
  for (const [i, line] of (await linesOfExceptions(engine, open, asOf)).entries()) {
    const { minor } = open[i]!;
    const { id, pipeline, type, currency, since, due_on, sentence } = line;
    const bucket = line.bucket ?? 'no day';
    const owner = line.owner ?? '(nobody)';
    if (!is(filter.type, type) || !is(filter.age, bucket) || !is(filter.owner, owner)) continue;
    items.push({ id, pipeline, type, bucket, owner, since, due_on, currency, amount: minor, sentence });
    const overdue = line.due_on !== null && line.due_on < asOf;
    add(groups, JSON.stringify([type, bucket, currency]), { type, bucket, currency }, minor, line.since, overdue);
    add(owners, JSON.stringify([owner, currency]), { owner, currency }, minor, line.since, overdue);
  }
  const asked = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Record<string, string>;
  const drill = (options: Drill['options']): Drill => ({
    as: 'drill',
    what: 'Exceptions of a line, with their amounts',
    command: ['report', 'aging', '--as-of', moment ?? asOf],
    options,
    more: [
      ...Object.entries(asked).flatMap(([name, value]) => (options?.[`--${name}`] === undefined ? [`--${name}`, value] : [])),
      '--table',
      'exceptions',
    ],
  });
  const figures = ['count:Count:count', 'currency:Currency', 'amount:Amount:money', 'oldest:Oldest', 'overdue:Late:count'] as const;
  const order = ['no day', ...AGE_BUCKETS.map(({ name }) => name)].reverse();
  return {
    title: `Exceptions by age on ${asOf}`,
    definition: { report: 'aging', as_of: moment ?? asOf, ...asked },
    notes: ['Ages are business days of the town. Amounts count without their sign.', ...notAmongExceptions(engine.project)],
    tables: [
      {
        name: 'ages',
        title: 'By type and age',
        drills: [drill({ '--type': 'type', '--age': 'bucket' })],
        columns: columnsFrom('type:Type', 'bucket:Business days', ...figures),
        rows: [...groups.values()]
          .sort((a, b) => compare(a.type, b.type) || order.indexOf(a.bucket) - order.indexOf(b.bucket) || compare(a.currency, b.currency))
          .map((group): ReportRow => ({ ...group })),
      },
      {
        name: 'owners',
        title: 'By owner',
        drills: [drill({ '--owner': 'owner' })],
        columns: columnsFrom('owner:Owner', ...figures),
        rows: [...owners.values()]
          .sort((a, b) => compare(a.owner, b.owner) || compare(a.currency, b.currency))
          .map((group): ReportRow => ({ ...group })),
      },
      {
        name: 'exceptions',
        title: 'Exceptions',
        drills: [SHOW_EXCEPTION],
        columns: columnsFrom(
          'id:Id',
          'pipeline:Reconciliation',
          'type:Type',
          'bucket:Business days',
          'owner:Owner',
          'since:Since',
          'due_on:Due',
          'currency:Currency',
          'amount:Amount:money',
          'sentence:What happened',
        ),
        rows: items,
      },
    ],
  };
}

function add<T extends object>(
  groups: Map<string, T & Group>,
  key: string,
  names: T,
  minor: number,
  since: string | null,
  overdue: boolean,
): void {
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { ...names, count: 0, amount: 0, oldest: null, overdue: 0 }));
  group.count++;
  group.amount += Math.abs(minor);
  if (overdue) group.overdue++;
  if (since !== null && (group.oldest === null || since < group.oldest)) group.oldest = since;
}
