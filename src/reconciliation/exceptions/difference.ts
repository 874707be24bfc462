import type { Entry } from '../entry.ts';

/** An exception before it has an id. */
export interface Difference {
  type: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** Minor units. */
  minor: number;
  /** What its id is made of where it has no records of its own, or where they change while the cause stays. */
  subject?: string;
  /** Its day where that is not the first of its records. */
  since?: number;
  currency?: string;
  facts: Readonly<Record<string, string | number>>;
}
