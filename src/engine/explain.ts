import { ConfigError, didYouMean } from '../core/errors.ts';
import type { Value } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { landedById } from '../store/landed.ts';
import { columnsOfEntity, columnsOfField } from '../store/model-tables.ts';
import { listSources } from '../store/sources.ts';
import { compileNamed } from './bind.ts';
import { type ExplainedCluster, explainCluster, goldensNamed } from './identity/explain-cluster.ts';
import { matchedKind } from './identity/matched.ts';
import { identityModels } from './identity/models.ts';
import type { Engine } from './run.ts';

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
  /** Which source records it is made of, and why; of an entity whose records are compared. */
  cluster?: ExplainedCluster;
}

/**
 * Explains the golden records of an entity that a key names: `#ID` (also one that was merged), the key of a source record, or the value of any text
 * field (a receipt number, a tag number). At most `limit` of them.
 */
export async function explain(engine: Engine, entityName: string, key: string, limit = 5): Promise<ExplainedRecord[]> {
  const { project, knex } = engine;
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
  const entityId = ((await knex('il_entity').where({ name: entityName }).first('id')) as { id: number }).id;
  const kind = identityModels(project).has(entityName) ? await matchedKind(engine, entityName) : undefined;
  const ids = await findIds();
  const sources = new Map((await listSources(knex)).map((s) => [s.id, s]));
  const result: ExplainedRecord[] = [];
  for (const id of ids) {
    const row = (await knex(entityName).where({ _id: id }).first()) as Record<string, string | number | null> | undefined;
    const history = (await knex('il_history as h')
      .join('il_run as r', 'r.id', 'h.run_id')
      .where({ entity_id: entityId, golden_id: id })
      .orderBy('h.id')
      .select('r.started_at', 'h.run_id', 'h.action', 'h.changes')) as {
      started_at: string;
      run_id: number;
      action: string;
      changes: string | null;
    }[];
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
    const created = row && ((await knex('il_run').where({ id: row._created }).first('started_at')) as { started_at: string } | undefined);
    if (created && !history.some((h) => h.action === 'restored'))
      history.unshift({ started_at: created.started_at, run_id: row._created as number, action: 'created', changes: null });
    result.push({
      entity: entityName,
      id,
      ...(kind && row ? { cluster: await explainCluster(engine, kind, id) } : {}),
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
    const named = kind ? await goldensNamed(engine, kind, key, limit) : [];
    if (named.length) return named;
    if (/^#\d+$/.test(key)) return [Number(key.slice(1))];
    const bySource = (await knex('il_link')
      .whereIn('source_id', knex('il_source').select('id'))
      .where({ entity_id: entityId, source_key: key })
      .whereNotNull('golden_id')
      .orderBy('golden_id')
      .limit(limit)
      .pluck('golden_id')) as number[];
    if (bySource.length) return [...new Set(bySource)];
    const stored = new Set(columnsOfEntity(entity).map((c) => c.name));
    const texts = Object.entries(entity.fields)
      .filter(([name, f]) => f.type === 'text' && stored.has(name))
      .map(([name]) => name);
    if (texts.length === 0) return [];
    return (await knex(entityName)
      .where((q) => {
        for (const name of texts) void q.orWhere(name, key);
      })
      .orderBy('_id')
      .limit(limit)
      .pluck('_id')) as number[];
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
