import type { DigestMemory } from '../landing/digests.ts';
import type { Rows } from '../rows.ts';
import type { PackedRows } from './packed-rows.ts';

/** What the thread is asked to do; each is answered, in order. */
export type Question =
  | { what: 'query'; sql: string; bindings: readonly unknown[] }
  | {
      what: 'packed';
      inserts: readonly { table: string; columns: readonly string[]; packed: Pick<PackedRows, 'width' | 'pieces' | 'shifts'> }[];
    }
  | { what: 'fill'; memory: DigestMemory }
  | { what: 'digests'; sql: string; bindings: readonly unknown[] }
  | { [Name in Statements]: { what: 'rows'; name: Name; args: Parameters<Rows[Name]> } }[Statements]
  | { what: 'close' };

type Statements = Exclude<keyof Rows, 'insertPacked' | 'asksTogether'>;

export interface Answer {
  id: number;
  value?: unknown;
  error?: { message: string; code?: unknown };
}

/** A connection that a thread of its own works on. */
export interface ThreadConnection {
  ask(question: Question): Promise<unknown>;
  rows: Rows;
  close(): Promise<void>;
}
