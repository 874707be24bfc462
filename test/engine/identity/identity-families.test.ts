import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PeopleStore, type Person, peopleStore } from './identity-store.ts';

/** A person as they are, with what tells them apart in the truth. */
interface Real {
  id: string;
  first: string;
  last: string;
  suffix?: string;
  born: string;
  street: string;
  phone: string;
  email: string;
}

let seed = 20_260_701;
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 4_294_967_296;
}
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const FIRST =
  'James Mary Robert Linda Michael Susan David Karen Thomas Nancy Daniel Laura Kevin Amy Brian Julie Eric Anna Peter Alice Carl Judy Frank Rose Walter Jane Henry Ruth'.split(
    ' ',
  );
const CHILDREN = 'Emma Liam Olivia Noah Ava Ethan Mia Mason Chloe Lucas Grace Owen Lily Caleb Zoe Isaac Ella Aaron Nora Adam'.split(' ');
const LAST =
  'Abbott Barlow Castellano Dvorak Eriksen Fontaine Gallagher Hoffman Ivanov Jankowski Kowalski Lindqvist McAllister Novotny Okafor Petrov Quigley Rasmussen Schaefer Tanaka Underhill Vasquez Whitaker Yilmaz Zimmer Ashworth Birchall Crosby Delgado Ellsworth'.split(
    ' ',
  );
const STREETS = 'Elm Street|Oak Avenue|Mill Road|Church Street|Lakeshore Drive|Quarry Road|Maple Lane|River Court'.split('|');
const day = (year: number): string =>
  `${year}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`;

/** Families with twins, a son named after his father, and one phone for all of them. */
function families(count: number): Real[] {
  const people: Real[] = [];
  for (let h = 0; h < count; h++) {
    const last = LAST[h % LAST.length]!;
    const shared = { last, street: `${1 + ((h * 7) % 190)} ${STREETS[h % STREETS.length]!}`, phone: `585555${String(1000 + h)}` };
    const add = (id: string, first: string, born: string, more: Partial<Real> = {}): void =>
      void people.push({ id: `${h}/${id}`, first, born, email: `${first}.${last}${h}@example.org`.toLowerCase(), ...shared, ...more });
    const year = 1950 + Math.floor(random() * 30);
    const father = pick(FIRST.filter((_, i) => i % 2 === 0));
    add('father', father, day(year), h % 6 === 0 ? { suffix: 'Sr' } : {});
    add('mother', pick(FIRST.filter((_, i) => i % 2 === 1)), day(year + 2));
    // Sometimes with a suffix in some systems, sometimes without one anywhere.
    if (h % 3 === 0) add('son', father, day(year + 26), h % 6 === 0 ? { suffix: 'Jr' } : {});
    const born = day(year + 30);
    const first = CHILDREN[h % CHILDREN.length]!;
    const twin = CHILDREN[(h + 1 + (h % 7)) % CHILDREN.length]!;
    add('child', first, born);
    if (h % 4 === 0) add('twin', twin, born);
  }
  return people;
}

const typo = (text: string): string => {
  const at = 1 + Math.floor(random() * (text.length - 2));
  return random() < 0.5 ? text.slice(0, at) + text.slice(at + 1) : `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`;
};

/** Five systems, each with its own habits of typing; a tenth of what is typed by hand has an error. */
const SYSTEMS: Record<string, (p: Real) => Record<string, string | null>> = {
  a: (p) => ({
    first_name: p.first,
    last_name: p.last,
    suffix: p.suffix ?? null,
    birth_date: p.born,
    address_line1: p.street,
    phone: p.phone,
    email: p.email,
  }),
  b: (p) => ({
    name: `${p.last.toUpperCase()}, ${p.first.toUpperCase()}${p.suffix ? ` ${p.suffix.toUpperCase()}` : ''}`,
    birth_date: p.born,
    address_line1: p.street.toUpperCase(),
  }),
  c: (p) => ({
    first_name: p.first,
    last_name: random() < 0.1 ? typo(p.last) : p.last,
    birth_date: p.born,
    phone: `(${p.phone.slice(0, 3)}) ${p.phone.slice(3, 6)}-${p.phone.slice(6)}`,
  }),
  d: (p) => ({
    first_name: random() < 0.1 ? typo(p.first) : p.first,
    last_name: p.last,
    birth_date: p.born,
    address_line1: p.street.replace('Street', 'St.').replace('Avenue', 'Ave'),
    address_line2: 'Apt 1',
  }),
  e: (p) => ({
    first_name: p.first,
    last_name: p.last,
    birth_date: p.born,
    address_line1: random() < 0.1 ? '77 Somewhere Else Road' : p.street,
    email: p.email,
  }),
};

let store: PeopleStore;
let clusters: string[][];
const truth = new Map<string, string>();
/** Records whose given name has a typing error: a misspelled name is no proof of a twin. */
const misspelled = new Set<string>();
beforeAll(async () => {
  store = await peopleStore();
  const people: Person[] = [];
  for (const [source, typed] of Object.entries(SYSTEMS))
    REAL.forEach((real, i) => {
      if (random() < 0.3) return;
      const key = String(i);
      truth.set(`${source}/${key}`, real.id);
      const said = typed(real);
      if (said.first_name !== undefined && said.first_name !== real.first) misspelled.add(`${source}/${key}`);
      people.push({ source, key, ...said });
    });
  for (let i = 0; i < people.length; i += 100) await store.land(people.slice(i, i + 100));
  clusters = await store.clusters();
});
afterAll(() => store.close());
const REAL = families(60);

describe('families that five systems know', () => {
  test('are as many people as they are: F1 of the pairs is at least 0.995', () => {
    const pairs = (sizes: Iterable<unknown[]>): number => [...sizes].reduce((sum, list) => sum + (list.length * (list.length - 1)) / 2, 0);
    const made = pairs(clusters);
    const real = pairs(Map.groupBy(truth.keys(), (name) => truth.get(name)).values());
    const right = pairs(clusters.flatMap((cluster) => [...Map.groupBy(cluster, (name) => truth.get(name)).values()]));
    expect((2 * right) / (made + real)).toBeGreaterThanOrEqual(0.995);
  });

  test('twins, father and son, husband and wife at one address with one phone are never one, where their given names are spelled right', () => {
    for (const cluster of clusters) {
      const right = cluster.filter((name) => !misspelled.has(name));
      expect(new Set(right.map((name) => truth.get(name))).size, cluster.join(' ')).toBeLessThanOrEqual(1);
    }
  });
});
