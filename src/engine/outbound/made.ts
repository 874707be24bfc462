import { hash } from 'node:crypto';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { sinkKey } from '../../connector/sink/sink.ts';
import type { Place, Problem } from '../../core/errors.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { canonicalValues } from '../../mapping/canonical-values.ts';
import type { OutboxState } from '../../store/outbound/outbox.ts';
import type { ScannedGolden } from '../../store/outbound/outbound.ts';
import type { OutboundRun } from './outbound-run.ts';

/** What a mapping made of one golden record, or of one journal entry: it is handed from the mapping to the outbox. */
export interface Made {
  /** Of the golden record, or of the entry. */
  golden: number;
  key: string;
  values: Values;
  hash: string;
  problems: Problem[];
}

/** The key that values have in the remote system; undefined while they have none. */
export function keyThere(sink: SinkConfig, values: Values): string | undefined {
  const keyless = sink.idempotency_key.every((field) => (valueAt(values, field) ?? '') === '');
  return keyless ? undefined : sinkKey(sink, values);
}

/** Of a record that has no key of its own yet. */
export function keyOfGolden(id: number): string {
  return JSON.stringify({ golden: id });
}

/** Equal for equal contents. */
export function hashOf(content: unknown): string {
  return hash('sha256', JSON.stringify(content)).slice(0, 24);
}

/** How what may be sent waits in the pipeline's mode. */
export function waitingState({ mode }: PipelineConfig): OutboxState {
  return mode === 'live' ? 'queued' : mode === 'review' ? 'review' : 'shadow';
}

/** What became of a record in the run's counts. */
export type Counted = 'created' | 'changed' | 'unchanged' | 'rejected';

/** A canonical record with the records that belong to it, as it is sent. */
export function sentWithRelated(run: Pick<OutboundRun, 'asSent' | 'entity' | 'related'>, golden: ScannedGolden, record: Values): Values {
  const sent: Values = { ...run.asSent(run.entity.entity, record) };
  for (const { name, config } of run.related)
    sent[name] = golden.related[name]!.map((columns) => run.asSent(config.entity, canonicalValues(config, columns)));
  return sent;
}

/** Amounts of a record, and of those that belong to it, whose currency would be lost. */
export function lostCurrencies(
  run: Pick<OutboundRun, 'currencyCheck' | 'entity' | 'related'>,
  golden: ScannedGolden,
  record: Values,
  at: Place,
): Problem[] {
  const problems = run.currencyCheck(run.entity, record, at);
  for (const { name, config } of run.related)
    for (const one of golden.related[name]!) problems.push(...run.currencyCheck(config, canonicalValues(config, one), at));
  return problems;
}
