import type { Project } from '../../../config/project.ts';
import type { PassConfig } from '../../../config/schema/passes.ts';
import type { ControlTotal } from '../../../reconciliation/entry.ts';
import type { Knex } from '../../../store/open.ts';
import { namesOfGolden, type SourceName, sourceNames } from '../../../store/landing/record-names.ts';
import { entityIds, type Source } from '../../../store/ledger/sources.ts';
import { recordsAmong, recordsOfSide, type SideRecord } from '../../../store/reconciliation/totals.ts';
import { rangesOf } from '../../../store/revenue/marks.ts';
import type { Run } from '../../run/context.ts';
import { whereOf } from '../exceptions/exception-rules.ts';
import { dayReader } from '../read-entries.ts';
import { recordNames } from '../record-name.ts';

/** A total, with what the store knows it by. */
export interface StoredTotal extends ControlTotal {
  golden: number;
}

/** Reads the totals of a control pass. */
export interface TotalReader {
  /** The name of the pass. */
  pass: string;
  /** What they are. */
  entityId: number;
  all(): Promise<StoredTotal[]>;
  /** Those in these blocks of neighboring ids; it may give others too. */
  within(blocks: ReadonlySet<number>): Promise<StoredTotal[]>;
  /** Those of these that are there. */
  some(goldens: readonly number[]): Promise<StoredTotal[]>;
}

/** Totals that are read at once. */
const PAGE = 5000;

/** A reader for each control pass that has totals. */
export async function totalReaders(
  { project, pipeline }: Pick<Run, 'project' | 'pipeline'>,
  trx: Knex,
  sources: readonly Source[],
): Promise<TotalReader[]> {
  const found: TotalReader[] = [];
  for (const pass of pipeline.reconcile?.passes ?? [])
    if (pass.control !== undefined && pass.totals)
      found.push(await totalReader(project, trx, pass.control, { ...pass, totals: pass.totals }, sources));
  return found;
}

/** All totals of each control pass, by its name, in the order of their ids. */
export async function allTotals(readers: readonly TotalReader[]): Promise<Record<string, StoredTotal[]>> {
  const found: Record<string, StoredTotal[]> = {};
  for (const reader of readers) found[reader.pass] = inOrder(await reader.all());
  return found;
}

export function inOrder(totals: StoredTotal[]): StoredTotal[] {
  return totals.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function totalReader(
  project: Project,
  trx: Knex,
  name: string,
  { on, totals: { entity, where, amount, count, first, last, date } }: PassConfig & { totals: NonNullable<PassConfig['totals']> },
  sources: readonly Source[],
): Promise<TotalReader> {
  const entityId = (await entityIds(trx)).get(entity)!;
  const { currency: town, time_zone: zone } = project.config.town;
  const off = sources.filter((s) => project.pipelines.get(s.pipeline)?.value.mode === 'off').map((s) => s.id);
  const keys = (on ?? []).map((pair) => (typeof pair === 'string' ? pair : pair.right));
  const columns = [...new Set([...keys, ...[count, first, last, date].filter((column) => column !== undefined)])];
  const side = { entity, entityId, where: whereOf(where), amount, off };
  const names = await recordNames(trx);
  const dayOf = dayReader(zone);
  const totalOf = (record: SideRecord, sourceOf: ReadonlyMap<number, SourceName>): StoredTotal => {
    const text = (column: string | undefined): string | null => textOf(record, columns, column);
    const [counted, day] = [text(count), text(date)];
    return {
      id: names.nameOf(sourceOf.get(record.id), record.id),
      currency: record.currency ?? town,
      minor: record.minor,
      count: counted === null ? null : Number(counted),
      first: text(first),
      last: text(last),
      day: day === null ? null : dayOf(day),
      values: Object.fromEntries(keys.map((key) => [key, text(key)])),
      golden: record.id,
    };
  };
  const named = async (records: readonly SideRecord[]): Promise<StoredTotal[]> => {
    const ids = records.map(({ id }) => id);
    const sourceOf = await namesOfGolden(trx, entityId, ids);
    return records.map((record) => totalOf(record, sourceOf));
  };
  return {
    pass: name,
    entityId,
    async all() {
      const sourceOf = await sourceNames(trx, entityId);
      const found: StoredTotal[] = [];
      for await (const page of recordsOfSide(trx, side, columns, PAGE)) for (const record of page) found.push(totalOf(record, sourceOf));
      return found;
    },
    async within(blocks) {
      const found: StoredTotal[] = [];
      for await (const page of recordsOfSide(trx, side, columns, PAGE, rangesOf(blocks))) found.push(...(await named(page)));
      return found;
    },
    some: async (goldens) => named(await recordsAmong(trx, side, columns, goldens)),
  };
}

function textOf({ values }: SideRecord, columns: readonly string[], column: string | undefined): string | null {
  const value = column === undefined ? null : values[columns.indexOf(column)];
  return value === null || value === undefined ? null : String(value);
}
