import type fc from 'fast-check';

/** One kind of input that comes from outside and is thrown at what reads it. */
export interface Subject<Input = unknown> {
  /** csv, nacha, soap-answer … */
  name: string;
  /** Its share of the cases. */
  weight: number;
  inputs: fc.Arbitrary<Input>;
  /**
   * Tries one input. A refusal may be returned or thrown as InterlocalError; a Fault, and everything else that is thrown, is a bug of ours.
   */
  attempt(input: Input): Promise<Verdict>;
  /** The input as a file: its size is what the time is measured by, and it is kept when it finds a fault. */
  bytesOf(input: Input): Uint8Array;
  /** Anything that a person needs next to the bytes to see the fault again. */
  about?(input: Input): string;
  close?(): Promise<void>;
}

export interface Verdict {
  state: 'read' | 'rejected' | 'refused';
  /** Codes of the problems, for the report. */
  codes: readonly string[];
}

/** What must not be: read differently than it was written, a refusal without a code. */
export class Fault extends Error {}

/** A subject without the type of its inputs, which only the subject itself knows. */
export function subject<Input>(given: Subject<Input>): Subject {
  return given as unknown as Subject;
}
