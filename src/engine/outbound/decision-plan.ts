import { sinkOf } from './sink-of.ts';
import type { Project } from '../../config/project.ts';
import { entityToSend } from '../../config/schema/journal-entry.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { currencyFields, totalsByCurrency } from './currencies.ts';
import { listDeliveries } from '../../store/outbound/deliveries.ts';
import type { Knex } from '../../store/open.ts';
import type { OutboxRow, OutboxState } from '../../store/outbound/outbox.ts';

/** Records of one pipeline in one state that a person is about to decide about: how many, and what they add up to. */
export interface PlannedRecords {
  pipeline: string;
  state: OutboxState;
  records: number;
  /** Exact decimal sums by the name of the total or field, with the currency behind it where there are several; empty where the sink adds nothing up. */
  totals: Record<string, string>;
}

/** What a decision would touch, for a person to look at before it is done. */
export interface DecisionPlan {
  records: number;
  of: PlannedRecords[];
  /** What may go wrong, in sentences: above all, that the other system may have the records already. */
  warnings: string[];
}

/** Sums up the records of a decision. `again`: it may have them sent, or called rejected, although the other system took them. */
export async function planOf(project: Project, knex: Knex, rows: readonly OutboxRow[], again: boolean): Promise<DecisionPlan> {
  const groups = [...Map.groupBy(rows, (row) => `${row.pipeline} ${row.state}`).values()];
  return {
    records: rows.length,
    of: groups.map((list) => ({
      pipeline: list[0]!.pipeline,
      state: list[0]!.state,
      records: list.length,
      totals: totalsOfRows(project, list),
    })),
    warnings: again ? await takenWarnings(knex, rows) : [],
  };
}

function totalsOfRows(project: Project, rows: readonly OutboxRow[]): Record<string, string> {
  const deliver = project.pipelines.get(rows[0]!.pipeline)?.value.deliver;
  if (!deliver) return {};
  const sink = sinkOf(project, deliver).config;
  const mapping = project.sinkMappings.get(deliver.mapping)!.value;
  const fields = currencyFields(mapping, entityToSend(project.entities, mapping.from.entity)!);
  return totalsByCurrency({ ...sink, totals: addedUp(sink) }, fields, rows);
}

/** What the sink adds up itself; otherwise every field that is an amount. */
function addedUp({ totals, schema }: SinkConfig): SinkConfig['totals'] {
  if (totals.length > 0) return totals;
  return Object.entries(schema.fields).flatMap(([name, field]) => (field.type === 'decimal' ? [name] : []));
}

async function takenWarnings(knex: Knex, rows: readonly OutboxRow[]): Promise<string[]> {
  const warnings: string[] = [];
  const unknown = rows.filter((row) => row.state === 'unknown').length;
  if (unknown)
    warnings.push(
      `It is not known whether ${unknown === 1 ? '1 of them' : `${unknown} of them`} arrived. Check the other system first: records it already has may be entered twice.`,
    );
  const took = rows.filter((row) => row.state === 'acknowledged' || row.decision?.from === 'acknowledged');
  for (const [id, list] of Map.groupBy(took, (row) => row.delivery)) {
    const [delivery] = id === null ? [] : await listDeliveries(knex, { id });
    const name = delivery ? `${delivery.name} (delivery ${delivery.id})` : 'a file';
    warnings.push(
      `The other system took ${name}, with ${list.length === 1 ? '1 of these records' : `${list.length} of these records`}. If it entered them, sending them again enters them twice.`,
    );
  }
  const sent = rows.filter((row) => row.state === 'sent').length;
  if (sent)
    warnings.push(
      `${sent === 1 ? '1 of them was' : `${sent} of them were`} sent and arrived. If the other system entered ${sent === 1 ? 'it' : 'them'}, sending again enters ${sent === 1 ? 'it' : 'them'} twice.`,
    );
  return warnings;
}
