import { COMMON_GIVEN_NAMES, COMMON_SURNAMES } from '../../../src/identity/score/common-names.ts';
import { mulberry32 } from '../../sample-town/generate/random.ts';
import { writeText } from '../write-text.ts';

/** Columns of the register of persons. */
export const COLUMNS = [
  'number',
  'first',
  'middle',
  'last',
  'suffix',
  'birth_date',
  'sex',
  'address',
  'unit',
  'city',
  'state',
  'zip',
  'phone',
  'email',
] as const;
export type PersonRow = Record<(typeof COLUMNS)[number], string>;

const SYLLABLES = 'ber man son ton ley win har mar ros fel gar lin dor kel vis nor pol tre wes hol bran cor dun mor sten ric'.split(' ');
const STREET_TYPES = ['Street', 'St', 'Avenue', 'Ave', 'Road', 'Rd', 'Lane', 'Drive', 'Court'];

function weighted(table: ReadonlyMap<string, number>): (at: number) => string | undefined {
  const names = [...table.keys()];
  const ends: number[] = [];
  let sum = 0;
  for (const share of table.values()) ends.push((sum += share));
  return (at) => {
    if (at > sum) return undefined;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return names[low];
  };
}

/**
 * Persons of a register as they are typed: households that share surname, address and phone, and, for one row in five, a
 * second record of a person with typing errors, gaps or a move. The same rows for the same number and seed.
 */
export function* people(rows: number, seed = 1): Generator<PersonRow> {
  const random = mulberry32(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const digits = (n: number): string => String(Math.floor(random() * 10 ** n)).padStart(n, '0');
  const givenOf = weighted(COMMON_GIVEN_NAMES);
  const surnameOf = weighted(COMMON_SURNAMES);
  const title = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
  const made = (parts: number): string => title(Array.from({ length: parts }, () => pick(SYLLABLES)).join(''));
  const given = (): string => title(givenOf(random()) ?? made(2));
  const surname = (): string => title(surnameOf(random()) ?? made(random() < 0.5 ? 2 : 3));
  const streets = Array.from(
    { length: Math.max(20, Math.round(rows / 120)) },
    () => `${made(random() < 0.5 ? 1 : 2)} ${pick(STREET_TYPES)}`,
  );
  const cities = Array.from({ length: Math.max(2, Math.round(rows / 25_000)) }, () => made(2));
  const phone = (): string => `${2 + Math.floor(random() * 8)}${digits(2)}-${2 + Math.floor(random() * 8)}${digits(2)}-${digits(4)}`;
  const recent: PersonRow[] = [];
  let household: PersonRow | undefined;
  for (let i = 0; i < rows; i++) {
    const number = `P${String(i).padStart(8, '0')}`;
    let row: PersonRow;
    if (i > 50 && i % 5 === 4) row = retyped({ ...pick(recent), number });
    else {
      if (!household || random() < 0.45) {
        const city = Math.floor(random() ** 1.5 * cities.length);
        household = {
          number,
          first: '',
          middle: '',
          last: surname(),
          suffix: '',
          birth_date: '',
          sex: '',
          address: `${1 + Math.floor(random() * 400)} ${pick(streets)}`,
          unit: random() < 0.15 ? `Apt ${1 + Math.floor(random() * 40)}` : '',
          city: cities[city]!,
          state: 'NY',
          zip: String(10_000 + city * 3 + Math.floor(random() * 3)),
          phone: random() < 0.8 ? phone() : '',
          email: '',
        };
      }
      const first = given();
      const year = 1930 + Math.floor(random() * 90);
      row = {
        ...household,
        number,
        first,
        middle: random() < 0.3 ? title('abcdefghjklmrst'[Math.floor(random() * 15)]!) : '',
        birth_date: `${year}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`,
        sex: random() < 0.5 ? 'F' : 'M',
        email: random() < 0.5 ? `${first.toLowerCase()}.${household.last.toLowerCase()}${digits(3)}@example.org` : '',
      };
    }
    // Somebody is entered a second time long after the first: pick from all over the file, in little memory.
    if (recent.length < 5000) recent.push(row);
    else recent[Math.floor(random() * recent.length)] = row;
    yield row;
  }

  function retyped(row: PersonRow): PersonRow {
    const changes = 1 + Math.floor(random() * 3);
    for (let c = 0; c < changes; c++) {
      const field = pick(['first', 'last', 'birth_date', 'address', 'zip', 'phone', 'email', 'middle'] as const);
      const at = random();
      if (at < 0.2 && field !== 'last') row[field] = '';
      else if (at < 0.3 && field === 'phone') row[field] = phone();
      else if (at < 0.4 && field === 'address') row[field] = `${1 + Math.floor(random() * 400)} ${pick(streets)}`;
      else row[field] = mistyped(row[field]);
    }
    return row;
  }

  function mistyped(text: string): string {
    if (text.length < 3) return text;
    const at = 1 + Math.floor(random() * (text.length - 2));
    const kind = random();
    // A separator of a date stays where it is, so the day can still be read.
    const c = text[at]!;
    if (/[^a-z0-9]/i.test(c)) return text;
    if (/\d/.test(c)) return text.slice(0, at) + (text.includes('-') ? '1' : digits(1)) + text.slice(at + 1);
    if (kind < 0.3) return text.slice(0, at) + text.slice(at + 1);
    if (kind < 0.6) return text.slice(0, at) + text[at + 1]! + c + text.slice(at + 2);
    return text.slice(0, at) + 'aeioulnrst'[Math.floor(random() * 10)]! + text.slice(at + 1);
  }
}

/** Writes persons as one CSV file; every `changeEach`th of them says another phone number and address than with 0. */
export function writePeople(file: string, rows: number, changeEach = 0): Promise<void> {
  return writeText(file, personLines(rows, changeEach));
}

function* personLines(rows: number, changeEach: number): Generator<string> {
  yield COLUMNS.join(',');
  let i = 0;
  for (const one of people(rows)) {
    const row = { ...one };
    i++;
    if (changeEach > 0 && i % changeEach === 0) {
      row.phone = `555-${String(i % 1000).padStart(3, '0')}-${String(i % 9973).padStart(4, '0')}`;
      row.address = `${1 + (i % 399)} New ${row.last} Street`;
    }
    yield COLUMNS.map((name) => row[name]).join(',');
  }
}
