import type { Project } from '../../config/project.ts';
import type { PassConfig } from '../../config/schema/passes.ts';
import type { ControlTotal } from '../../reconciliation/entry.ts';
import type { Knex } from '../../store/open.ts';
import { sourceNames } from '../../store/landing/record-names.ts';
import { entityIds, type Source } from '../../store/ledger/sources.ts';
import { recordsOfSide, type SideRecord } from '../../store/reconciliation/totals.ts';
import type { Run } from '../run/context.ts';
import { whereOf } from './exceptions/exception-rules.ts';
import { dayReader } from './read-entries.ts';
import { recordNames } from './record-name.ts';

/** Totals that are read at once. */
const PAGE = 5000;

/** The totals of each control pass, by its name. */
export async function controlTotalsOf(
  { project, pipeline }: Pick<Run, 'project' | 'pipeline'>,
  trx: Knex,
  sources: readonly Source[],
): Promise<Record<string, ControlTotal[]>> {
  const found: Record<string, ControlTotal[]> = {};
  for (const pass of pipeline.reconcile?.passes ?? [])
    if (pass.control !== undefined && pass.totals) found[pass.control] = await totalsOf(project, trx, pass, pass.totals, sources);
  return found;
}

async function totalsOf(
  project: Project,
  trx: Knex,
  pass: PassConfig,
  { entity, where, amount, count, first, last, date }: NonNullable<PassConfig['totals']>,
  sources: readonly Source[],
): Promise<ControlTotal[]> {
  const entityId = (await entityIds(trx)).get(entity)!;
  const { currency: town, time_zone: zone } = project.config.town;
  const off = sources.filter((s) => project.pipelines.get(s.pipeline)?.value.mode === 'off').map((s) => s.id);
  const keys = (pass.on ?? []).map((pair) => (typeof pair === 'string' ? pair : pair.right));
  const columns = [...new Set([...keys, ...[count, first, last, date].filter((column) => column !== undefined)])];
  const names = await recordNames(trx);
  const sourceOf = await sourceNames(trx, entityId);
  const dayOf = dayReader(zone);
  const found: ControlTotal[] = [];
  for await (const page of recordsOfSide(trx, { entity, entityId, where: whereOf(where), amount, off }, columns, PAGE))
    for (const record of page) {
      const text = (column: string | undefined): string | null => textOf(record, columns, column);
      const [counted, day] = [text(count), text(date)];
      found.push({
        id: names.nameOf(sourceOf.get(record.id), record.id),
        currency: record.currency ?? town,
        minor: record.minor,
        count: counted === null ? null : Number(counted),
        first: text(first),
        last: text(last),
        day: day === null ? null : dayOf(day),
        values: Object.fromEntries(keys.map((key) => [key, text(key)])),
      });
    }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function textOf({ values }: SideRecord, columns: readonly string[], column: string | undefined): string | null {
  const value = column === undefined ? null : values[columns.indexOf(column)];
  return value === null || value === undefined ? null : String(value);
}
