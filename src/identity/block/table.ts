import type { Profile } from '../roles.ts';

/**
 * Profiles of many records by column: each value is there once, and a record has its number. Takes a tenth of the memory of
 * lists of texts, and equal values are found by comparing numbers.
 */
export interface ProfileTable {
  size: number;
  /** By slot, the number of each record's value; -1: none. */
  codes: readonly Int32Array[];
  /** By slot, the values in the order in which they were first met. */
  values: readonly (readonly string[])[];
}

/** Smaller tables go to no other thread, and do not live long. */
const LARGE = 20_000;

/** Fills a table of at most `capacity` records with `slots` values each. */
export function tableBuilder(slots: number, capacity: number): { add(profile: Profile): void; finish(): ProfileTable } {
  const large = capacity >= LARGE;
  const codes = Array.from(
    { length: slots },
    () => new Int32Array(large ? new SharedArrayBuffer(4 * capacity) : new ArrayBuffer(4 * capacity)),
  );
  const values = Array.from({ length: slots }, (): string[] => []);
  const numbers = Array.from({ length: slots }, () => new Map<string, number>());
  let size = 0;
  return {
    add(profile) {
      for (let slot = 0; slot < slots; slot++) {
        const value = profile[slot] ?? null;
        let code = -1;
        if (value !== null) {
          const known = numbers[slot]!.get(value);
          if (known !== undefined) code = known;
          else {
            code = values[slot]!.length;
            // A copy: a part cut out of a longer text would keep all of it in memory. Short parts are copies already.
            const own = large && value.length > 12 ? Buffer.from(value).toString() : value;
            values[slot]!.push(own);
            numbers[slot]!.set(own, code);
          }
        }
        codes[slot]![size] = code;
      }
      size++;
    },
    finish() {
      numbers.length = 0;
      return { size, codes, values };
    },
  };
}

/** A table of these profiles. */
export function tableOf(slots: number, profiles: readonly Profile[]): ProfileTable {
  const builder = tableBuilder(slots, profiles.length);
  for (const profile of profiles) builder.add(profile);
  return builder.finish();
}

/** The values of one record. */
export function profileAt({ codes, values }: ProfileTable, record: number): (string | null)[] {
  return codes.map((list, slot) => (list[record]! < 0 ? null : values[slot]![list[record]!]!));
}
