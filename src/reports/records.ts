import { compositionOf, type RecordGroup } from '../engine/reconciliation/composition.ts';
import type { Engine } from '../engine/run/engine.ts';
import { exceptionSentences } from './reconciliation/exceptions.ts';
import { originsOf } from './revenue/origins.ts';
import { columnsFrom, type Report, type ReportRow } from './output/table.ts';

/** Which records of a reconciliation. */
export interface RecordFilter {
  from?: string | undefined;
  to?: string | undefined;
  side?: 'left' | 'right' | undefined;
  /** matched: in a confirmed match of their present version; open: all others. */
  state?: 'matched' | 'open' | undefined;
}

/**
 * `report records PIPELINE`: the records behind any figure of a reconciliation, each with what it is tied to and with its file and line.
 * `group` is the same for records that belong together.
 */
export async function recordsReport(engine: Engine, pipeline: string, filter: RecordFilter): Promise<Report> {
  const { entities, groups } = await compositionOf(engine, pipeline, { left: [], right: [] });
  const within = (day: string | null): boolean =>
    day === null ? !filter.from && !filter.to : (!filter.from || day >= filter.from) && (!filter.to || day <= filter.to);
  const is = (group: RecordGroup): boolean => filter.state === undefined || (group.state === 'confirmed') === (filter.state === 'matched');
  const shown = groups.filter((group) => is(group) && [...group.left, ...group.right].some(({ day }) => within(day)));
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
    },
    notes: ['Records of one group belong together. interlocal explain ENTITY KEY has what the source said of each, field by field.'],
    tables: [
      {
        name: 'records',
        title: 'Records',
        columns: columnsFrom(
          'group:Group:count',
          'what:What',
          'entity:Entity',
          'system:System',
          'key:Key',
          'day:Day',
          'currency:Currency',
          'amount:Amount:money',
          'state:State',
          'rule:Rule',
          'why:What is wrong',
          'file:File',
          'line:Line:count',
        ),
        rows: named.flatMap(({ group }, i) =>
          (['left', 'right'] as const)
            .filter((side) => filter.side === undefined || filter.side === side)
            .flatMap((side) =>
              group[side]
                .filter(({ day }) => within(day))
                .map((record): ReportRow => {
                  const origin = origins[side].get(record.golden);
                  const { day, currency, minor: amount } = record;
                  return {
                    group: i + 1,
                    what: entities[side].name,
                    entity: entities[side].entity,
                    system: origin?.connection ?? null,
                    key: origin?.key ?? `#${record.golden}`,
                    day,
                    currency,
                    amount,
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
