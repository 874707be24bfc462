import type { Reconciliation } from './lines.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** What reconciliations found, as tables: one line for each key, roll-ups too (`depth`: how many of the keys it has), and states of records. */
export function reconciliationTables(list: readonly Reconciliation[], asked: { pipeline: string | null; all: boolean }): Report {
  const deepest = Math.max(1, ...list.map((r) => r.keys.length));
  const keys = list.length === 1 ? list[0]!.keys : Array.from({ length: deepest }, (_, i) => `key ${i + 1}`);
  return {
    title: 'Reconciliation',
    definition: { report: 'reconciliation', pipeline: asked.pipeline, all: asked.all },
    notes: [
      'Difference is right less left.',
      ...list.filter(({ ranAt }) => ranAt === null).map(({ pipeline }) => `${pipeline} has not run yet.`),
      ...list.flatMap(({ pipeline, problems }) => problems.map(({ message }) => `${pipeline}: ${message}`)),
    ],
    // Of reconciliations by passes alone, the keys are none.
    main: list.some((r) => r.lines.length > 0) || list.every((r) => r.states.length === 0) ? 'keys' : 'states',
    tables: [
      {
        name: 'keys',
        title: 'Keys',
        drills: [keyDrill(deepest)],
        columns: [
          ...columnsFrom('reconciliation:reconciliation', 'depth:depth:count'),
          ...keys.map((title, i) => ({ key: `key_${i + 1}`, title, kind: 'text' as const })),
          ...columnsFrom(
            'status:status',
            'left:left:money',
            'right:right:money',
            'difference:difference:money',
            'currency:currency',
            'left_count:left count:count',
            'right_count:right count:count',
            'reason:reason',
          ),
        ],
        rows: list.flatMap((r) =>
          r.lines.map((line): ReportRow => ({
            depth: line.depth,
            ...Object.fromEntries(keys.map((_, i) => [`key_${i + 1}`, line.key[i] ?? ''])),
            ...keyParts(r.pipeline, line.key),
            status: line.status,
            left: line.left,
            right: line.right,
            difference: line.difference,
            currency: line.currency,
            left_count: line.leftCount,
            right_count: line.rightCount,
            reason: line.reason ?? '',
          })),
        ),
      },
      {
        name: 'states',
        title: 'States of records',
        drills: [STATE_DRILL],
        columns: columnsFrom(
          'reconciliation:reconciliation',
          'side:side',
          'name:what',
          'state:state',
          'records:records:count',
          'currency:currency',
          'amount:amount:money',
        ),
        rows: list.flatMap((r) =>
          r.states.map(({ side, state, records, currency, minor: amount }): ReportRow => ({
            reconciliation: r.pipeline,
            side,
            name: r[side],
            state,
            records,
            currency,
            amount,
          })),
        ),
      },
    ],
  };
}

const RECORDS: Drill = {
  as: 'drill',
  what: 'Records of a line, each with its file and line',
  command: ['report', 'records'],
  args: ['reconciliation'],
};

/** Where the line of a key leads; a total has no part. `deepest`: how many parts a key has at most. */
export function keyDrill(deepest: number): Drill {
  return { ...RECORDS, options: { '--key': Array.from({ length: deepest }, (_, i) => `part_${i + 1}`) } };
}

/** What that is read from. */
export function keyParts(pipeline: string, key: readonly string[]): ReportRow {
  // An empty part of a key is one too.
  return { reconciliation: pipeline, ...Object.fromEntries(key.map((part, i) => [`part_${i + 1}`, part || '(empty)'])) };
}

/** Where the state of a side leads. */
export const STATE_DRILL: Drill = { ...RECORDS, options: { '--side': 'side', '--state': 'state' } };
