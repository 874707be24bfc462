import { problemsOfRecord } from '../../../connector/sink/sink.ts';
import type { Place } from '../../../core/errors.ts';
import type { Values } from '../../../core/record.ts';
import { canonicalValues } from '../../../mapping/canonical-values.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import { hashOf, keyOfGolden, keyThere, lostCurrencies, type Made, sentWithRelated } from '../made.ts';
import type { OutboundRun } from '../outbound-run.ts';

/** What mapping a record needs of a run. */
type MappingRun = Pick<OutboundRun, 'asSent' | 'currencyCheck' | 'entity' | 'mapping' | 'name' | 'related' | 'sink'>;

/** What is sent of a golden record. undefined: the mapping does not want it. Problems of a record without a key have none either. */
export function mapRecord(run: MappingRun, golden: ScannedGolden): Made | undefined {
  const record: Values = { ...canonicalValues(run.entity, golden.columns) };
  for (const { name, config } of run.related) record[name] = golden.related[name]!.map((columns) => canonicalValues(config, columns));
  const at: Place = { system: run.name };
  const { values, problems: unmapped } = run.mapping.apply(sentWithRelated(run, golden, record), at, record);
  if (unmapped.length) return { golden: golden.id, key: keyOfGolden(golden.id), values: {}, hash: hashOf({}), problems: unmapped };
  if (!values) return undefined;
  const key = keyThere(run.sink, values);
  // By its own key a person finds it at both sides.
  const named = key === undefined ? at : { ...at, key };
  const problems = [...problemsOfRecord(run.sink, values, named), ...lostCurrencies(run, golden, record, named)];
  return { golden: golden.id, key: key ?? keyOfGolden(golden.id), values, hash: hashOf(values), problems };
}
