import type { Value, Values } from '../../../core/record.ts';
import type { Problem } from '../../../core/errors.ts';
import type { Carried } from '../../../store/outbound/outbox.ts';
import type { FieldVerdict, HeldBack } from './field.ts';
import type { Person } from './people.ts';

/** What is sent of one record, before it is in the outbox. */
export interface MadeCorrection {
  /** undefined: it has no key there yet, or cannot be mapped. */
  key: string | undefined;
  values: Values;
  changes: Record<string, [Value, Value]>;
  problems: Problem[];
}

/** What a look at one record of the target system found: what is to be sent of it, and what is held back and why. */
export interface LookedAtRecord {
  golden: number;
  person: Person;
  carried: Carried;
  /** undefined: nothing is to be sent. */
  made: MadeCorrection | undefined;
  kept: HeldBack[];
  /** By field. */
  verdicts: ReadonlyMap<string, FieldVerdict>;
}
