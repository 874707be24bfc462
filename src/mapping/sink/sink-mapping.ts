import { createHash } from 'node:crypto';
import type { SinkConfig, SinkField } from '../../config/schema/connector.ts';
import type { FieldRule } from '../../config/schema/mapping.ts';
import type { ModelField } from '../../config/schema/model.ts';
import type { SinkList, SinkMappingConfig } from '../../config/schema/sink-mapping.ts';
import { ConfigError, didYouMean, type Place, type Problem } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { zoneOf } from '../../core/time/zones.ts';
import { asked, compileCondition, type Holds } from '../condition.ts';
import { messageOf } from '../fault.ts';
import { compileItems } from '../items.ts';
import type { Columns, MappingSettings } from '../mapping.ts';
import { type CompiledRule, compileRule } from '../rule.ts';
import type { Scope } from '../source.ts';

/** A mapping from canonical records to the records of a sink. */
export interface CompiledSinkMapping {
  name: string;
  /** Changes when the mapping, its lookups or the sink change: what waits is then mapped again. */
  fingerprint: string;
  /**
   * Pure. `values` is undefined when the mapping does not want the record, or when there are problems. `asked`: the record that `when` is
   * about, where what is sent is written otherwise.
   */
  apply(record: Values, place: Place, asked?: Values): { values?: Values; problems: Problem[] };
}

/** Throws ConfigError with every problem; places have the file `mappings/<name>.yaml` and a dotted path in it. */
export function compileSinkMapping(mapping: SinkMappingConfig, sink: SinkConfig, settings: MappingSettings): CompiledSinkMapping {
  const problems: Problem[] = [];
  const file = `mappings/${mapping.mapping}.yaml`;
  const complain = (path: string, message: string, hint?: string): void =>
    void problems.push({ code: 'MAPPING_INVALID', place: { file, path }, message, hint });
  const when = mapping.when && conditionAt(mapping.when, 'when', settings, complain);
  const group = compileGroup(mapping, { below: '', path: '', depth: 0 }, sink, settings, complain);
  if (problems.length) throw new ConfigError(problems);
  return {
    name: mapping.mapping,
    fingerprint: fingerprintOf(mapping, sink, settings),
    apply(record, place, asked = record) {
      const scope: Scope = { values: record, around: [], record: { values: record, number: 1 }, context: { connection: '' } };
      if (when && !when({ ...scope, values: asked, record: { values: asked, number: 1 } })) return { problems: [] };
      const found: Problem[] = [];
      const values = group(scope, place, found);
      return found.length ? { problems: found } : { values, problems: [] };
    },
  };
}

type Complain = (path: string, message: string, hint?: string) => void;
type Make = (scope: Scope, place: Place, problems: Problem[]) => Values;
interface Where {
  /** Of the sink's fields: `ReceiptPaymentLevel.`. */
  below: string;
  /** In the mapping: `lists.ReceiptPaymentLevel.`. */
  path: string;
  /** How many records stand around. */
  depth: number;
}

/** The fields and lists of the record, or of an item of a list in it. */
function compileGroup(
  given: Pick<SinkList, 'fields' | 'lists'>,
  where: Where,
  sink: SinkConfig,
  settings: MappingSettings,
  complain: Complain,
): Make {
  const fields = Object.entries(given.fields).map(([name, rule]) =>
    compileField(name, rule, where, sink, settings, (path, ...rest) =>
      complain(`${where.path}fields.${name}${path ? `.${path}` : ''}`, ...rest),
    ),
  );
  const lists = Object.entries(given.lists).map(([name, list]) => ({
    name,
    items: compileList(name, list, where, sink, settings, complain),
  }));
  return (scope, place, problems) => {
    const values: Values = {};
    for (const { path, rule } of fields) {
      const out: Columns = {};
      const fault = rule.apply(scope, out);
      if (fault)
        problems.push({
          code: fault.code,
          place: { ...place, path: where.below + rule.field },
          message: messageOf(fault, rule.label, rule.personal),
          hint:
            fault.hint ??
            'The record was not sent. Correct it in the system that it comes from, or change the mapping; the next run tries again.',
        });
      else put(values, path, (out[rule.field] ?? null) as string | null);
    }
    for (const { name, items } of lists) values[name] = items(scope, place, problems);
    return values;
  };
}

function compileField(
  name: string,
  rule: string | FieldRule,
  { below, depth }: Where,
  sink: SinkConfig,
  settings: MappingSettings,
  complain: Complain,
): { path: string[]; rule: CompiledRule } {
  const { fields } = sink.schema;
  const field = Object.hasOwn(fields, below + name) ? fields[below + name] : undefined;
  if (!field) unknownField(name, below, sink, complain);
  else if (field.type === 'list') complain('', `${below}${name} is a list of the sink.`, 'Write it under lists.');
  // A name may have a point in it; only what is in a group is put into one.
  const parent = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const grouped = parent !== '' && fields[below + parent]?.type === 'object';
  const compiled = compileRule(name, rule, textField(field), settings, depth, complain);
  const inTown = field?.type === 'datetime' && field.format !== undefined ? onTownClock(compiled, settings.timeZone) : compiled;
  return { path: grouped ? name.split('.') : [name], rule: inTown };
}

/** Moments are kept in UTC; a system that wants them in a form of its own, without an offset, wants the time on the town's clock. */
function onTownClock(rule: CompiledRule, zone: string): CompiledRule {
  const clock = zoneOf(zone);
  return {
    ...rule,
    apply(scope, out) {
      const fault = rule.apply(scope, out);
      const value = out[rule.field];
      if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value))
        out[rule.field] = new Date(clock.localOf(Date.parse(value))).toISOString().slice(0, 19);
      return fault;
    },
  };
}

/** What the sink's own schema says of types is checked when it is written: see connector/sink-values.ts. */
function textField(field: SinkField | undefined): ModelField {
  return { type: 'text', required: false, class: field?.class ?? 'internal' };
}

function compileList(
  name: string,
  list: SinkList,
  where: Where,
  sink: SinkConfig,
  settings: MappingSettings,
  complain: Complain,
): (scope: Scope, place: Place, problems: Problem[]) => Value[] {
  const path = `${where.path}lists.${name}.`;
  const field = sink.schema.fields[where.below + name];
  if (!field) unknownField(name, where.below, sink, (_, ...rest) => complain(path.slice(0, -1), ...rest));
  else if (field.type !== 'list') complain(path.slice(0, -1), `${where.below}${name} is not a list in the sink but ${field.type}.`);
  const items = list.for_each === undefined ? undefined : compileItems(list.for_each);
  const depth = where.depth + (items?.depth ?? 0);
  const when: Holds | undefined = list.when && conditionAt(list.when, `${path}when`, settings, complain);
  const make = compileGroup(list, { below: `${where.below}${name}.`, path, depth }, sink, settings, complain);
  return (scope, place, problems) => {
    const scopes = items
      ? items.items(scope.values).map((item) => ({ ...scope, values: item.values, around: [...item.around, ...scope.around] }))
      : [scope];
    return scopes
      .filter((one) => {
        const wanted = when === undefined || asked(when, one);
        if (typeof wanted === 'boolean') return wanted;
        problems.push({
          code: wanted.code,
          place: { ...place, path: wanted.field ?? `${where.below}${name}` },
          message: messageOf(wanted, wanted.field ?? 'when', true),
          ...(wanted.hint === undefined ? {} : { hint: wanted.hint }),
        });
        return false;
      })
      .map((one) => make(one, place, problems));
  };
}

function unknownField(name: string, below: string, sink: SinkConfig, complain: Complain): void {
  const known = Object.keys(sink.schema.fields)
    .filter((path) => path.startsWith(below))
    .map((path) => path.slice(below.length));
  const near = didYouMean(name, known);
  complain('', `The sink has no field ${below}${name}.`, near ? `Did you mean ${near}?` : `Its fields are ${known.join(', ')}.`);
}

function conditionAt(condition: NonNullable<SinkList['when']>, at: string, settings: MappingSettings, complain: Complain): Holds {
  return compileCondition(condition, settings, (path, ...rest) => complain(path ? `${at}.${path}` : at, ...rest));
}

function put(values: Values, path: readonly string[], value: string | null): void {
  let at = values;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Values;
  at[path.at(-1)!] = value;
}

function fingerprintOf(mapping: SinkMappingConfig, sink: SinkConfig, settings: MappingSettings): string {
  const { mapping: _name, tests: _tests, ...what } = mapping;
  const { schema, idempotency_key } = sink;
  const tables = [...lookupsIn(mapping)].map((name) => settings.lookups.get(name)?.rows);
  return createHash('sha256')
    .update(JSON.stringify([what, schema, idempotency_key, settings.timeZone, tables]))
    .digest('hex');
}

/** The lookups that its rules use, at every level. */
function lookupsIn({ fields, lists }: Pick<SinkList, 'fields' | 'lists'>): Set<string> {
  const own = Object.values(fields).flatMap((rule) => (typeof rule === 'object' && rule.lookup ? [rule.lookup.table] : []));
  return new Set([...own, ...Object.values(lists).flatMap((list) => [...lookupsIn(list)])]);
}
