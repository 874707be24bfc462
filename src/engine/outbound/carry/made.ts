import { hash } from 'node:crypto';
import type { Place, Problem } from '../../../core/errors.ts';
import { type Value, valueAt, type Values } from '../../../core/record.ts';
import { problemsOfRecord, sinkKey } from '../../../connector/sink/sink.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import type { OutboundRun } from '../outbound-run.ts';
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
export function correctionOf(
  run: OutboundRun,
  carry: Carry,
  golden: ScannedGolden,
  has: Values,
  wants: Values,
): MadeCorrection | undefined {
  const at: Place = { system: run.name };
  const { values, problems } = run.mapping.apply(asSent(run, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const before = run.mapping.apply(asSent(run, golden, has), at, has).values ?? {};
  const changes: MadeCorrection['changes'] = {};
  for (const [name, value] of Object.entries(values))
    if (!carry.always.has(name) && JSON.stringify(value) !== JSON.stringify(before[name] ?? null))
      changes[name] = [before[name] ?? null, value];
  if (Object.keys(changes).length === 0) return undefined;
  const sent =
    carry.holds === 'whole'
      ? values
      : Object.fromEntries(Object.entries(values).filter(([name]) => carry.always.has(name) || Object.hasOwn(changes, name)));
  const keyless = run.sink.idempotency_key.every((field) => (valueAt(sent, field) ?? '') === '');
  const key = keyless ? undefined : sinkKey(run.sink, sent);
  const place = key === undefined ? at : { ...at, key };
  return { key, values: sent, changes, problems: [...problemsOfRecord(run.sink, sent, place), ...currencies(run, golden, wants, place)] };
}

/** The record of a golden record that the system does not have; undefined where the mapping does not want it. */
export function newRecordOf(run: OutboundRun, carry: Carry, golden: ScannedGolden): MadeCorrection | undefined {
  const at: Place = { system: run.name };
  const wants: Values = { ...canonicalValues(run.entity, golden.columns), [carry.keys.source]: carry.connection };
  // What is sent to no system is not sent in a new record either.
  for (const { name, beside, owners } of carry.fields)
    if (owners?.length === 0) {
      wants[name] = null;
      if (beside !== undefined) wants[beside] = null;
    }
  const { values, problems } = run.mapping.apply(asSent(run, golden, wants), at, wants);
  if (problems.length) return { key: undefined, values: {}, changes: {}, problems };
  if (!values) return undefined;
  const { idempotency_key: keys } = run.sink;
  const wrong = problemsOfRecord(run.sink, values, at).filter(({ place }) => place.path === undefined || !keys.includes(place.path));
  const changes = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, [null, value] as [Value, Value]]])),
  );
  return { key: undefined, values, changes, problems: [...wrong, ...currencies(run, golden, wants, at)] };
}

function asSent(run: OutboundRun, golden: ScannedGolden, record: Values): Values {
  const sent: Values = { ...run.asSent(run.entity.entity, record) };
  for (const { name, config } of run.related)
    sent[name] = golden.related[name]!.map((columns) => run.asSent(config.entity, canonicalValues(config, columns)));
  return sent;
}

function currencies(run: OutboundRun, golden: ScannedGolden, record: Values, at: Place): Problem[] {
  const problems = run.currencyCheck(run.entity, record, at);
  for (const { name, config } of run.related)
    for (const one of golden.related[name]!) problems.push(...run.currencyCheck(config, canonicalValues(config, one), at));
  return problems;
}

export function hashOf(what: unknown): string {
  return hash('sha256', JSON.stringify(what)).slice(0, 24);
}
