import { createHash } from 'node:crypto';
import type { MappingConfig } from '../config/schema/mapping.ts';
import type { EntityConfig } from '../config/schema/model.ts';
import { ConfigError, didYouMean, type Place, type Problem } from '../core/errors.ts';
import type { SourceRecord, Value } from '../core/record.ts';
import { asked, compileCondition } from './condition.ts';
import { type Fault, messageOf } from './fault.ts';
import { compileItemKey, compileItems, problemOfRepeatedKey } from './items.ts';
import type { Applied, Candidate, Columns, CompileMapping, MappingContext, MappingSettings } from './mapping.ts';
import { type CompiledRule, compileRule } from './rule.ts';
import { compileFind, levelsOf, type Scope } from './source.ts';

/**
 * Makes closures of a mapping, once. Throws ConfigError with every problem of it; places have the file
 * `mappings/<name>.yaml` and a dotted path in it, to which the loader knows the line.
 */
export const compileMapping: CompileMapping = (mapping, entity, settings) => {
  const problems: Problem[] = [];
  const file = `mappings/${mapping.mapping}.yaml`;
  const complain = (path: string, message: string, hint?: string): void =>
    void problems.push({ code: 'MAPPING_INVALID', place: { file, path }, message, hint });
  const items = mapping.for_each === undefined ? undefined : compileItems(mapping.for_each);
  const rules = compileRules(mapping, entity, settings, items?.depth ?? 0, complain);
  const when =
    mapping.when && compileCondition(mapping.when, settings, (path, ...rest) => complain(path ? `when.${path}` : 'when', ...rest));
  const itemKeyOf = compileItemKey(mapping.item_key, settings);
  if (mapping.item_key && !items) complain('item_key', 'item_key is for mappings with for_each.', 'Add for_each:, or leave item_key out.');
  for (const name of mapping.item_key ?? [])
    if (levelsOf(name) > (items?.depth ?? 0)) complain('item_key', `${name} refers to something outside the record.`);
  if (problems.length) throw new ConfigError(problems);

  const scope: Scope = { values: {}, around: [], record: { values: {}, number: 0 }, context: { connection: '' } };

  function apply(record: SourceRecord, context: MappingContext): Applied {
    if (record.problem) return { taken: true, candidates: [], problems: [record.problem] };
    scope.values = record.values;
    scope.around = [];
    scope.record = record;
    scope.context = context;
    const found: Problem[] = [];
    const wanted = when === undefined || asked(when, scope);
    if (wanted === false) return { taken: false, candidates: [], problems: [] };
    if (wanted !== true)
      return {
        taken: true,
        candidates: [],
        problems: [
          {
            code: wanted.code,
            place: { ...placeOf(scope), path: wanted.field ?? 'when' },
            message: messageOf(wanted, wanted.field ?? 'when', true),
            hint: wanted.hint ?? Fix,
          },
        ],
      };
    if (items === undefined) {
      const columns = columnsOf(rules, scope, found);
      return found.length
        ? { taken: true, candidates: [], problems: found }
        : { taken: true, candidates: [{ entity: mapping.entity, itemKey: '', columns }], problems: found };
    }
    const candidates: Candidate[] = [];
    const keys = new Set<string>();
    for (const item of items.items(record.values)) {
      scope.values = item.values;
      scope.around = item.around;
      const itemKey = itemKeyOf(scope, candidates.length + 1);
      if (keys.has(itemKey)) found.push(problemOfRepeatedKey(itemKey, mapping.item_key ?? [], mapping.for_each!, placeOf(scope)));
      keys.add(itemKey);
      candidates.push({ entity: mapping.entity, itemKey, columns: columnsOf(rules, scope, found) });
    }
    return { taken: true, candidates: found.length ? [] : candidates, problems: found };
  }

  function said(record: SourceRecord, context: MappingContext, itemKey: string): Record<string, Record<string, Value>> | undefined {
    scope.record = record;
    scope.context = context;
    const all = items === undefined ? [{ values: record.values, around: [] }] : items.items(record.values);
    for (const [i, item] of all.entries()) {
      scope.values = item.values;
      scope.around = item.around;
      if ((items === undefined ? '' : itemKeyOf(scope, i + 1)) !== itemKey) continue;
      return Object.fromEntries(
        rules.flatMap((rule) => {
          const fields = Object.fromEntries(
            rule.sources.filter((path) => !path.startsWith('@')).map((path) => [path, compileFind(path)(scope) ?? null]),
          );
          return rule.columns.map((column) => [column, fields]);
        }),
      );
    }
    return undefined;
  }

  return {
    name: mapping.mapping,
    entity: mapping.entity,
    said,
    usesConnection: JSON.stringify(mapping.fields).includes('@connection') || JSON.stringify(mapping.when ?? {}).includes('@connection'),
    columns: rules.flatMap((rule) => rule.columns),
    fingerprint: fingerprintOf(mapping, entity, settings),
    sources: Object.fromEntries(rules.flatMap((rule) => rule.columns.map((column) => [column, rule.sources]))),
    apply,
  };
};

/** In the order of the entity's fields, whatever the order in the mapping. */
function compileRules(
  mapping: MappingConfig,
  entity: EntityConfig,
  settings: MappingSettings,
  depth: number,
  complain: (path: string, message: string, hint?: string) => void,
): CompiledRule[] {
  if (mapping.entity !== entity.entity) complain('entity', `The mapping is for ${mapping.entity}, and was compiled with ${entity.entity}.`);
  // A field under a misspelled name is one mistake, not a strange field and a missing one.
  const meant = new Set<string>();
  for (const name of Object.keys(mapping.fields)) {
    if (Object.hasOwn(entity.fields, name)) continue;
    const near = didYouMean(name, Object.keys(entity.fields));
    if (near) meant.add(near);
    complain(
      `fields.${name}`,
      `${entity.entity} has no field ${name}.`,
      near
        ? `Did you mean ${near}?`
        : `Its fields are ${Object.keys(entity.fields).join(', ')}; a new one goes into config/model/${entity.entity}.yaml.`,
    );
  }
  const rules: CompiledRule[] = [];
  for (const [name, field] of Object.entries(entity.fields)) {
    const given = Object.hasOwn(mapping.fields, name) ? mapping.fields[name] : undefined;
    if (field.type === 'reference') {
      if (given !== undefined)
        complain(
          `fields.${name}`,
          `${entity.entity}.${name} refers to another record and is filled in by Interlocal, so a mapping cannot set it.`,
          `Map ${field.by?.join(' and ') ?? 'the fields that identify it'} instead.`,
        );
      continue;
    }
    if (given !== undefined)
      rules.push(
        compileRule(name, given, field, settings, depth, (path, ...rest) =>
          complain(path ? `fields.${name}.${path}` : `fields.${name}`, ...rest),
        ),
      );
    else if (field.required && !meant.has(name))
      complain(`fields.${name}`, `${entity.entity}.${name} must have a value, but the mapping has no rule for it.`, `Add fields.${name}.`);
  }
  return rules;
}

function columnsOf(rules: readonly CompiledRule[], scope: Scope, problems: Problem[]): Columns {
  const columns: Columns = {};
  for (let i = 0; i < rules.length; i++) {
    const fault = rules[i]!.apply(scope, columns);
    if (fault !== undefined) problems.push(problemOf(fault, rules[i]!, scope));
  }
  return columns;
}

const Fix =
  'Have the value corrected in the system that the record comes from, and the record sent again. If the value is right, change the mapping, then run interlocal rejects replay.';

function problemOf(fault: Fault, rule: CompiledRule, scope: Scope): Problem {
  return {
    code: fault.code,
    place: { ...placeOf(scope), path: fault.field ?? rule.place },
    message: messageOf(fault, rule.label, rule.personal),
    hint: fault.hint ?? Fix,
  };
}

function placeOf({ record, context }: Scope): Place {
  const place: Place = context.file === undefined ? { system: context.connection } : { file: context.file };
  if (record.line !== undefined) place.line = record.line;
  place.record = record.number;
  return place;
}

/** Grows with changes here that make other columns of the same mapping and record. 2: moments that are read as dates give the town's day. */
const SEMANTICS = 2;

function fingerprintOf(mapping: MappingConfig, entity: EntityConfig, settings: MappingSettings): string {
  const { entity: _entity, mapping: _name, tests: _tests, ...what } = mapping;
  const fields = Object.entries(entity.fields).map(([name, field]) => [name, field.type, field.required, field.values ?? []]);
  const tables = Object.values(mapping.fields).flatMap((rule) =>
    typeof rule === 'object' && rule.lookup ? [settings.lookups.get(rule.lookup.table)?.rows] : [],
  );
  return createHash('sha256')
    .update(JSON.stringify([SEMANTICS, entity.entity, what, fields, settings.currency, settings.timeZone, tables]))
    .digest('hex');
}
