import { ConfigError, didYouMean } from '../core/errors.ts';
import type { Value } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { landedById } from '../store/landed.ts';
import { columnsOfEntity, columnsOfField } from '../store/model-tables.ts';
import { entityIds, listSources } from '../store/sources.ts';
import { compileNamed } from './bind.ts';
import type { Engine } from './run.ts';
import { goldenRow, goldensOfKey, goldensWithText, historyOf } from '../store/golden.ts';
import { startOf } from '../store/runs.ts';

/** Where one value of a golden record came from. */
export interface Explained {
  field: string;
  value: string | number | null;
  class: string;
  /** undefined for values that no record gave. */
  from?: {
    pipeline: string;
    connection: string;
    run: number;
    file: string | null;
    line: number | null;
    record: number;
    source_key: string;
    fields: Record<string, Value>;
  };
}
export interface ExplainedRecord {
  entity: string;
  id: number;
  fields: Explained[];
  history: { at: string; run: number; action: string; changes: unknown }[];
}

/**
 * Explains the golden records of an entity that a key names: `#ID`, the key of a source record, or the value of any text
 * field (a receipt number, a tag number). At most `limit` of them.
 */
export async function explain({ project, knex }: Engine, entityName: string, key: string, limit = 5): Promise<ExplainedRecord[]> {
  const located = project.entities.get(entityName);
  if (!located) {
    const meant = didYouMean(entityName, project.entities.keys());
    throw new ConfigError({
      code: 'ENTITY_UNKNOWN',
      place: { path: entityName },
      message: `There is no entity "${entityName}".`,
      hint: meant ? `Did you mean ${meant}?` : `There are: ${[...project.entities.keys()].join(', ')}.`,
    });
  }
  const entity = located.value;
  const entityId = (await entityIds(knex)).get(entityName)!;
  const ids = await findIds();
  const sources = new Map((await listSources(knex)).map((s) => [s.id, s]));
  const result: ExplainedRecord[] = [];
  for (const id of ids) {
    const row = await goldenRow(knex, entityName, id);
    const history = await historyOf(knex, entityId, id);
    const provenance = row?._provenance ? (JSON.parse(row._provenance as string) as Record<string, number>) : {};
    const landed = row ? await landedById(knex, [row._landed as number, ...Object.values(provenance)]) : new Map<number, never>();
    const fields: Explained[] = row
      ? columnsOfEntity(entity).map(({ name }) => {
          const field = Object.entries(entity.fields).find(([f, spec]) => columnsOfField(f, spec.type).some((c) => c.name === name))!;
          const explained: Explained = { field: name, value: row[name] ?? null, class: field[1].class };
          const from = landed.get(provenance[name] ?? (row._landed as number));
          const source = from && sources.get(from.sourceId);
          if (from && source && explained.value !== null)
            explained.from = {
              pipeline: source.pipeline,
              connection: source.connection,
              run: from.runId,
              file: from.file,
              line: from.line,
              record: from.record,
              source_key: from.key,
              fields: sourceFields(source.pipeline, name, field[0], from.values),
            };
          return explained;
        })
      : [];
    const created = row && (await startOf(knex, row._created as number));
    if (created && !history.some((h) => h.action === 'restored'))
      history.unshift({ started_at: created, run_id: row._created as number, action: 'created', changes: null });
    result.push({
      entity: entityName,
      id,
      fields,
      history: history.map((h) => ({
        at: h.started_at,
        run: h.run_id,
        action: h.action,
        changes: h.changes === null ? null : JSON.parse(h.changes),
      })),
    });
  }
  return result;

  async function findIds(): Promise<number[]> {
    if (/^#\d+$/.test(key)) return [Number(key.slice(1))];
    const bySource = await goldensOfKey(knex, entityId, key, limit);
    if (bySource.length) return bySource;
    const texts = Object.entries(entity.fields)
      .filter(([, f]) => f.type === 'text')
      .map(([name]) => name);
    return goldensWithText(knex, entityName, texts, key, limit);
  }

  function sourceFields(pipeline: string, column: string, field: string, values: Record<string, Value>): Record<string, Value> {
    const names = project.pipelines.get(pipeline)?.value.mappings ?? [];
    const name = names.find((n) => project.mappings.get(n)?.value.entity === entityName);
    if (!name) return {};
    const { mapping } = compileNamed(project, name);
    const from = mapping.sources[column] ?? mapping.sources[field] ?? [];
    return Object.fromEntries(from.filter((path) => !path.startsWith('@')).map((path) => [path, valueAt(values, path) ?? null]));
  }
}
