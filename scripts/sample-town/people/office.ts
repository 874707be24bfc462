import type { PeopleField } from '../generate/truth.ts';

/** An office whose system is told what others correct, and in which residents are corrected. */
export interface Office {
  /** Each field that came in from outside since the last call, in order: `R10012 street=40 Oak Ave`. */
  received(): string[];
  /** Somebody in the office corrects a record. Telephone numbers as ten digits. Throws where there is no such record. */
  correct(key: string, field: PeopleField, value: string): void;
  /** What the system has of a person now, as it writes it. */
  has(key: string): Record<PeopleField, string> | undefined;
  /** Imports the files in its folder, without waiting for the next beat. */
  takeAll(): void;
  close(): void;
}

export function unknownRecord(office: string, key: string): Error {
  return new Error(`the ${office} has no record ${key}`);
}
