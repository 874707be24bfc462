import { column } from '../../../core/column.ts';
import { emptyValues, type StoredEntry } from '../read-entries.ts';
import { packedTexts } from './packed-texts.ts';

/** Entries of a side, kept in a quarter of the memory that they take one by one; each is made again when it is asked for. */
export interface PackedEntries {
  readonly length: number;
  add(entry: StoredEntry): void;
  at(i: number): StoredEntry;
  /** All of them, one by one. */
  all(): Generator<StoredEntry>;
  /** The lasting name of the record with this golden id; undefined: it is not here. They were added in the order of these ids. */
  nameOf(golden: number): string | undefined;
}

/** `fields`: of their values. */
export function packedEntries(fields: readonly string[]): PackedEntries {
  const texts = packedTexts();
  const ids = column(Int32Array);
  const minors = column(Float64Array);
  const currencies = column(Int32Array);
  const days = column(Int32Array);
  const goldens = column(Float64Array);
  const versions = column(Float64Array);
  const values = fields.map(() => column(Int32Array));
  const shared = fields.map(() => sharedNumbers());
  const currency = sharedNumbers();
  const empty = emptyValues(fields);
  let length = 0;
  const valuesAt = (i: number): StoredEntry['values'] => {
    const found = { ...empty };
    for (let f = 0; f < fields.length; f++) {
      const number = values[f]!.at(i);
      if (number !== 0) found[fields[f]!] = number < 0 ? shared[f]!.textOf(number)! : texts.get(number);
    }
    return found;
  };
  const at = (i: number): StoredEntry => {
    const day = days.at(i);
    return {
      id: texts.get(ids.at(i)),
      minor: minors.at(i),
      currency: currency.textOf(currencies.at(i))!,
      day: day === NO_DAY ? null : day,
      values: valuesAt(i),
      golden: goldens.at(i),
      version: versions.at(i),
    };
  };
  return {
    get length() {
      return length;
    },
    add(entry) {
      ids.push(texts.add(entry.id));
      minors.push(entry.minor);
      currencies.push(currency.numberOf(entry.currency));
      days.push(entry.day ?? NO_DAY);
      goldens.push(entry.golden);
      versions.push(entry.version);
      for (let f = 0; f < fields.length; f++) {
        const text = entry.values[fields[f]!] ?? null;
        values[f]!.push(text === null ? 0 : shared[f]!.numberOf(text) || texts.add(text));
      }
      length++;
    },
    at,
    *all() {
      for (let i = 0; i < length; i++) yield at(i);
    },
    nameOf(golden) {
      let [low, high] = [0, length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (goldens.at(middle) < golden) low = middle + 1;
        else high = middle;
      }
      return low < length && goldens.at(low) === golden ? texts.get(ids.at(low)) : undefined;
    },
  };
}

const NO_DAY = -(2 ** 31);

/** Texts that come again and again, by numbers below 0; 0 where there are too many of them, as where every other record has its own. */
function sharedNumbers(): { numberOf(text: string): number; textOf(number: number): string | undefined } {
  const numbers = new Map<string, number>();
  const list: string[] = [];
  let [asked, comeAgain] = [0, true];
  return {
    numberOf(text) {
      if (!comeAgain) return 0;
      if (++asked === TRIED) comeAgain = list.length <= TRIED / 2;
      const known = numbers.get(text);
      if (known !== undefined) return known;
      if (list.length === MOST_SHARED || text.length > LONGEST_SHARED) return 0;
      const number = -list.push(text);
      numbers.set(text, number);
      return number;
    },
    textOf: (number) => list[-number - 1],
  };
}

const MOST_SHARED = 20_000;
/** Texts after which it is known whether they come again. */
const TRIED = 5000;
const LONGEST_SHARED = 1000;
