import type { BoundMapping } from '../engine/landing/context.ts';
import type { Project } from '../config/project.ts';
import { ConfigError, didYouMean } from '../core/errors.ts';
import type { SourceRecord } from '../core/record.ts';
import type { MappingContext } from '../mapping/mapping.ts';
import { landedById } from '../store/landing/landed.ts';
import { heldBy } from '../store/reconciliation/totals.ts';
import { emptiedFields } from '../identity/emptied.ts';
import { columnsOfEntity, columnsOfField } from '../store/model-tables.ts';
import { linksOfRecord, type RecordLink } from '../store/landing/origins.ts';
import { entityIds, listSources, type Source } from '../store/ledger/sources.ts';
import { entriesWith, entryPipelines } from '../engine/outbound/entries/open-entries.ts';
import { bindMappings } from '../engine/run/bind.ts';
import { explainCluster, goldensNamed } from '../engine/identity/explain-cluster.ts';
import { matchedKind } from '../engine/identity/matched.ts';
import { identityModels } from '../engine/identity/models.ts';
import { valuesThatHold } from '../engine/identity/steward-values.ts';
import type { Engine } from '../engine/run/engine.ts';
import { decisionJson } from './decisions.ts';
import type { ShapeOf } from './shapes/shapes.ts';
import { goldenRow, goldensOfKey, goldensWithText, historyOf } from '../store/landing/golden.ts';
import { startOf } from '../store/ledger/runs.ts';

type Cell = string | number | null;

/** A golden record and where each of its values came from, as `explain --json` gives it. */
export type ExplainedRecord = ShapeOf<'explain'>['records'][number];
type Field = ExplainedRecord['fields'][number];
type Explained = { -readonly [K in keyof Field]: Field[K] };

async function clusterOf(...of: Parameters<typeof explainCluster>): Promise<NonNullable<ExplainedRecord['cluster']>> {
  const cluster = await explainCluster(...of);
  return { ...cluster, decisions: cluster.decisions.map(decisionJson) };
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
      hint: meant ? `Did you mean ${meant}?` : `Known: ${[...project.entities.keys()].join(', ')}.`,
    });
  }
  const entity = located.value;
  const entityId = (await entityIds(knex)).get(entityName)!;
  const kind = identityModels(project).has(entityName) ? await matchedKind(engine, entityName) : undefined;
  const ids = await findIds();
  const sources = new Map((await listSources(knex)).map((s) => [s.id, s]));
  const held = await heldBy(knex, entityId);
  const makers = makersOf(project, entityName);
  const posts = entityName === project.config.revenue.receipts && entryPipelines(project).length > 0;
  const result: ExplainedRecord[] = [];
  for (const id of ids) {
    const row = await goldenRow(knex, entityName, id);
    const history = await historyOf(knex, entityId, id);
    const provenance = row?._provenance ? (JSON.parse(row._provenance as string) as Record<string, number>) : {};
    const landed = row ? await landedById(knex, [row._landed as number, ...Object.values(provenance)]) : new Map<number, never>();
    const steward = (kind && row && (await valuesThatHold(engine, kind, id))) || new Map<string, never>();
    const links = new Map<number, RecordLink[]>();
    for (const [number, { sourceId, key: sourceKey }] of landed)
      links.set(number, await linksOfRecord(knex, { sourceId, key: sourceKey, entityId, golden: id }));
    const fields: Explained[] = row
      ? columnsOfEntity(entity).map(({ name }) => {
          const field = Object.entries(entity.fields).find(([f, spec]) => columnsOfField(f, spec.type).some((c) => c.name === name))!;
          const explained: Explained = { field: name, value: row[name] ?? null, class: field[1].class };
          const number = provenance[name] ?? (row._landed as number);
          const set = steward.get(field[0]);
          if (set) {
            explained.steward = { value: set.id, actor: set.actor, at: set.at, reason: set.reason };
            return explained;
          }
          const from = landed.get(number);
          const source = from && sources.get(from.sourceId);
          if (from && source && explained.value === null && kind) {
            const given = (links.get(number) ?? []).map(({ mapped }) => JSON.parse(mapped ?? '{}') as Record<string, Cell>);
            if (given.some((columns) => emptiedFields(columns).includes(field[0])))
              explained.emptied = { connection: source.connection, source_key: from.key, run: from.runId };
          }
          if (from && source && explained.value !== null) {
            const link = giverOf(links.get(number) ?? [], name, explained.value);
            const made = link && makers(source, link.item);
            const context = { connection: source.connection, ...(from.file === null ? {} : { file: from.file }) };
            const record = { values: from.values, number: from.record, line: from.line ?? undefined };
            const outdated = !made || (made.outdated && valueNow(made, record, context, name) !== explained.value);
            explained.from = {
              pipeline: source.pipeline,
              connection: source.connection,
              run: from.runId,
              file: from.file,
              line: from.line,
              record: from.record,
              source_key: from.key,
              mapping: made?.bound.mapping.name ?? null,
              item: made?.item ?? link?.item ?? '',
              fields: (!outdated && made.bound.mapping.said(record, context, made.item)?.[name]) || {},
              outdated,
            };
          }
          return explained;
        })
      : [];
    const created = row && (await startOf(knex, row._created as number));
    if (created && !history.some((h) => h.action === 'restored'))
      history.unshift({ started_at: created, run_id: row._created as number, action: 'created', changes: null });
    result.push({
      entity: entityName,
      id,
      ...(kind && row ? { cluster: await clusterOf(engine, kind, id) } : {}),
      fields,
      ...(posts ? { posted: await entriesWith(engine, id) } : {}),
      newest_rejected: held.get(id) ?? null,
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
    const bySource = await goldensOfKey(knex, entityId, key, limit);
    if (bySource.length) return bySource;
    const stored = new Set(columnsOfEntity(entity).map((c) => c.name));
    const texts = Object.entries(entity.fields)
      .filter(([name, f]) => f.type === 'text' && stored.has(name))
      .map(([name]) => name);
    return goldensWithText(knex, entityName, texts, key, limit);
  }
}

/**
 * Of several items of one source record that share a golden record, the one that gave this value: what each said is kept with its link.
 * Where several said the same, the first, as survivorship takes it.
 */
function giverOf(links: readonly RecordLink[], column: string, value: Cell): RecordLink | undefined {
  if (links.length < 2) return links[0];
  return links.find(({ mapped }) => mapped !== null && (JSON.parse(mapped) as Record<string, Cell>)[column] === value) ?? links[0];
}

/** What the mapping makes of the record today; undefined when it makes no such item. */
function valueNow(made: Maker, record: SourceRecord, context: MappingContext, column: string): Cell | undefined {
  const { candidates } = made.bound.mapping.apply(record, context);
  return candidates.find(({ itemKey }) => itemKey === made.item)?.columns[column];
}

interface Maker {
  bound: BoundMapping;
  /** The item's key as the mapping makes it. */
  item: string;
  /** The mappings of its pipeline are others than those that its records were mapped with. */
  outdated: boolean;
}

/** The mapping of a source that made a link's record: of several for one entity, the one whose name the item begins with. */
function makersOf(project: Project, entityName: string): (source: Source, item: string) => Maker | undefined {
  const bySource = new Map<number, ReturnType<typeof bindMappings> | undefined>();
  return (source, item) => {
    if (!bySource.has(source.id)) {
      const pipeline = project.pipelines.get(source.pipeline)?.value;
      bySource.set(source.id, pipeline && bindMappings(project, pipeline, new Map()));
    }
    const found = bySource.get(source.id);
    if (!found) return undefined;
    const bound = found.bound.find((b) => b.mapping.entity === entityName && item.startsWith(b.itemPrefix));
    return bound && { bound, item: item.slice(bound.itemPrefix.length), outdated: found.fingerprint !== source.fingerprint };
  };
}
