import type { SinkConfig } from '../../config/schema/connector.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { DeliveryConfig } from '../../config/schema/pipeline.ts';
import { type CompiledSinkMapping } from '../../mapping/sink/sink-mapping.ts';
import type { Values } from '../../core/record.ts';
import { columnsOfEntity } from '../../store/model-tables.ts';
import { type Related } from '../../store/outbound/outbound.ts';
import type { Session } from '../run/session.ts';
import type { Carry } from './carry/carry.ts';
import type { HeldBack } from './carry/field.ts';
import type { CurrencyCheck } from './currency-check.ts';

/** One run of an outbound pipeline: what it works with next to the session. */
export interface Outbound {
  session: Session;
  config: DeliveryConfig;
  mapping: CompiledSinkMapping;
  sink: SinkConfig;
  sinkName: string;
  /** `finance.receipt-import`, for messages. */
  name: string;
  entity: EntityConfig;
  entityId: number;
  related: (Related & { config: EntityConfig; entityId: number })[];
  fingerprint: string;
  /** The canonical values as they are sent: a connection that was renamed by its first name, so keys of what was sent stay. */
  asSent(entity: string, values: Values): Values;
  currencyCheck: CurrencyCheck;
  /** Fields of the sink that get the currency of an amount. */
  currencyFields: readonly string[];
  /** Where corrections of golden records are carried back to the system's own records. */
  carry?: Carry | undefined;
  /** In a preview: what is held back, in the order in which it was looked at. */
  heldBack?: HeldBack[] | undefined;
}

export function columnNames(entity: EntityConfig): string[] {
  return columnsOfEntity(entity).map((column) => column.name);
}
