import { hash } from 'node:crypto';
import type { Place, Problem } from '../../../core/errors.ts';
import { type Value, valueAt, type Values } from '../../../core/record.ts';
import { problemsOfRecord, sinkKey } from '../../../connector/sink/sink.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import type { Outbound } from '../context.ts';
import type { Carry } from './carry.ts';

/** What is sent of one record, before it is in the outbox. */
export interface MadeCorrection {
  /** undefined: it has no key there yet, or cannot be mapped. */
  key: string | undefined;
  values: Values;
  changes: Record<string, [Value, Value]>;
  problems: Problem[];
}

/**
 * The record of the sink that makes of `has`, what the system has, what it is to have, `wants`. undefined: the mapping does not want it,
 * or for the system nothing changes.
 */
export function correctionOf(out: Outbound, carry: Carry, golden: ScannedGolden, has: Values, wants: Values): MadeCorrection | undefined {
  const at: Place = { system: out.name };
  const { values, problems } = out.mapping.apply(asSent(out, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const before = out.mapping.apply(asSent(out, golden, has), at, has).values ?? {};
  const changes: MadeCorrection['changes'] = {};
  for (const [name, value] of Object.entries(values))
    if (!carry.fixed.has(name) && JSON.stringify(value) !== JSON.stringify(before[name] ?? null))
      changes[name] = [before[name] ?? null, value];
  if (Object.keys(changes).length === 0) return undefined;
  const sent =
    carry.holds === 'whole'
      ? values
      : Object.fromEntries(Object.entries(values).filter(([name]) => carry.always.has(name) || Object.hasOwn(changes, name)));
  const emptied = Object.keys(changes).filter((name) => changes[name]![1] === null);
  const unclear =
    typeof carry.emptied === 'string' && carry.emptied !== '' ? Object.keys(sent).filter((name) => sent[name] === carry.emptied) : [];
  // What no value may be empty for is found before the mark for emptied takes its place.
  const missing = emptied.length === 0 ? [] : problemsOfRecord(out.sink, sent, at).filter(({ code }) => code === 'FIELD_REQUIRED');
  if (typeof carry.emptied === 'string') for (const name of emptied) sent[name] = carry.emptied;
  const keyless = out.sink.idempotency_key.every((field) => (valueAt(sent, field) ?? '') === '');
  const key = keyless ? undefined : sinkKey(out.sink, sent);
  const place = key === undefined ? at : { ...at, key };
  const found = [
    ...(missing.length > 0 ? missing : problemsOfRecord(out.sink, sent, place)),
    ...unclear.map((name) => meansEmptied(name, place)),
  ];
  return { key, values: sent, changes, problems: [...found, ...currencies(out, golden, wants, place)] };
}

/** A value that the system would take for the mark of an emptied field. */
function meansEmptied(name: string, place: Place): Problem {
  return {
    code: 'VALUE_FORBIDDEN',
    place: { ...place, path: name },
    message: `The value of "${name}" is what the sink writes to empty a field, so the system would empty it.`,
    hint: 'Correct the value in the system that it comes from, or choose another text for emptied in the sink.',
  };
}

/** The record of a golden record that the system does not have; undefined where the mapping does not want it. */
export function newRecordOf(out: Outbound, carry: Carry, golden: ScannedGolden): MadeCorrection | undefined {
  const at: Place = { system: out.name };
  const wants: Values = { ...canonicalValues(out.entity, golden.columns), [carry.keys.source]: carry.connection };
  // What is sent to no system is not sent in a new record either.
  for (const { name, beside, owners } of carry.fields)
    if (owners?.length === 0) {
      wants[name] = null;
      if (beside !== undefined) wants[beside] = null;
    }
  const { values, problems } = out.mapping.apply(asSent(out, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const { idempotency_key: keys } = out.sink;
  const wrong = problemsOfRecord(out.sink, values, at).filter(({ place }) => place.path === undefined || !keys.includes(place.path));
  const changes = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, [null, value] as [Value, Value]]])),
  );
  return { key: undefined, values, changes, problems: [...wrong, ...currencies(out, golden, wants, at)] };
}

function asSent(out: Outbound, golden: ScannedGolden, record: Values): Values {
  const sent: Values = { ...out.asSent(out.entity.entity, record) };
  for (const { name, config } of out.related)
    sent[name] = golden.related[name]!.map((columns) => out.asSent(config.entity, canonicalValues(config, columns)));
  return sent;
}

function currencies(out: Outbound, golden: ScannedGolden, record: Values, at: Place): Problem[] {
  const problems = out.currencyCheck(out.entity, record, at);
  for (const { name, config } of out.related)
    for (const one of golden.related[name]!) problems.push(...out.currencyCheck(config, canonicalValues(config, one), at));
  return problems;
}

export function hashOf(what: unknown): string {
  return hash('sha256', JSON.stringify(what)).slice(0, 24);
}
