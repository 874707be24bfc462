import { type Cell, type Rows, together, TOGETHER_MARKS } from '../rows.ts';
import { textOf, wordsOf } from '../words.ts';

/** What is compared of members in words of 32 bits, `width` for each. Words that mean something else (another `layout`) are not read. */
export interface SignatureForm {
  width: number;
  layout: number;
}

/** The signatures of one entity inside one transaction. Those of a member are 0 where nothing is known. */
export interface SignatureStore {
  /** The signatures of these members. */
  read(members: ArrayLike<number>): Promise<SignaturesRead>;
  /** Writes the signatures of members: `width` words for each, one behind the other. */
  put(members: readonly number[], words: Uint32Array): Promise<void>;
  /** Writes the signatures of all members at once, in the order of their ids; `write` is called for each of them. There must be none. */
  writeAll(members: Float64Array, write: (index: number, into: Uint32Array, at: number) => void): Promise<void>;
  clear(): Promise<void>;
}

/** Signatures where they were read: nothing is copied, of hundreds of thousands that are looked at once. */
export interface SignaturesRead {
  /** The words of a member and of its neighbors; those of the member begin at `placeOf` it. */
  wordsAround(member: number): Uint32Array;
  placeOf(member: number): number;
}

/** Members on a page. */
const ON_A_PAGE = 32;
/** The first word of a page is the layout. */
const HEADER = 1;
const PAGES_AT_ONCE = 200;
const ENTITY = 2 ** 40;
/**
 * Behind the pages of its entity, a member that changed has a row of its own, with the layout and its words, which holds instead of what its
 * page says: a night changes one member of each of thousands of pages, and their rows stand side by side.
 */
const OF_MEMBERS = 2 ** 39;
/** Where pages lie so close together, the rows of the members of all pages between are read at once. */
const CLOSE = 2;

/** Pages that were read, for who reads what does not change. */
export type SignaturePages = Map<number, Uint32Array>;
/** A hundred megabytes of persons. */
const MOST_KEPT = 40_000;

/** `kept`: what is read is looked up there, and put there. */
export function signatureStore(rows: Rows, entityId: number, { width, layout }: SignatureForm, kept?: SignaturePages): SignatureStore {
  const size = HEADER + ON_A_PAGE * width;

  function pageOf(member: number): number {
    return Math.floor(member / ON_A_PAGE);
  }

  function placeOf(member: number): number {
    return HEADER + (member % ON_A_PAGE) * width;
  }

  function empty(): Uint32Array {
    const words = new Uint32Array(size);
    words[0] = layout;
    return words;
  }

  function rowOf(page: number, words: Uint32Array): Cell[] {
    return [entityId * ENTITY + page, entityId, textOf(words)];
  }

  function placeOfOwnRow(member: number): number {
    return entityId * ENTITY + OF_MEMBERS + member;
  }

  /** Pages by their numbers, which are given in order, for these members; without those of which nothing is there. */
  async function readPages(numbers: readonly number[], members: ArrayLike<number>): Promise<Map<number, Uint32Array>> {
    const places = numbers.map((page) => entityId * ENTITY + page);
    const found = await rows.select(PAGES, together(places));
    const words = wordsOf(found.map(([, entries]) => entries as string));
    const pages = new Map(
      found.flatMap(([place], i) =>
        words[i]!.length === size && words[i]![0] === layout ? [[Number(place) - entityId * ENTITY, words[i]!] as const] : [],
      ),
    );
    await putOwnRows(numbers, pages, members);
    return pages;
  }

  /** Puts what the rows of members say into these pages; of pages that are not kept, only what those say that are asked for may be there. */
  async function putOwnRows(numbers: readonly number[], pages: Map<number, Uint32Array>, members: ArrayLike<number>): Promise<void> {
    if (numbers.length === 0) return;
    const asked = new Set(numbers);
    const [first, last] = [numbers[0]!, numbers[numbers.length - 1]!];
    const within = (from: number, to: number): Cell[] => [placeOfOwnRow(from * ON_A_PAGE), placeOfOwnRow((to + 1) * ON_A_PAGE)];
    const ofMembers = (): Promise<Cell[][]> => {
      const some = Array.from(members).filter((member) => asked.has(pageOf(member)));
      return rows.select(PAGES, together(some.map(placeOfOwnRow)));
    };
    const isClose = last - first < CLOSE * numbers.length;
    const found = await (isClose
      ? rows.select(OWN_ROWS, [within(first, last)])
      : kept
        ? rows.select(
            OWN_ROWS,
            numbers.map((page) => within(page, page)),
          )
        : ofMembers());
    const own = wordsOf(found.map(([, entries]) => entries as string));
    found.forEach(([place], i) => {
      const words = own[i]!;
      const member = Number(place) - placeOfOwnRow(0);
      const number = pageOf(member);
      if (!asked.has(number) || words.length !== HEADER + width || words[0] !== layout) return;
      let page = pages.get(number);
      if (!page) pages.set(number, (page = empty()));
      page.set(words.subarray(HEADER), placeOf(member));
    });
  }

  return {
    async read(members) {
      const pages = kept ?? new Map<number, Uint32Array>();
      if (kept && kept.size > MOST_KEPT) kept.clear();
      const none = empty();
      const missing: number[] = [];
      for (let i = 0; i < members.length; i++) {
        const page = pageOf(members[i]!);
        if (pages.has(page)) continue;
        pages.set(page, none);
        missing.push(page);
      }
      missing.sort((x, y) => x - y);
      for (let i = 0; i < missing.length; i += PAGES_AT_ONCE)
        for (const [page, words] of await readPages(missing.slice(i, i + PAGES_AT_ONCE), members)) pages.set(page, words);
      return { wordsAround: (member) => pages.get(pageOf(member)) ?? none, placeOf };
    },
    async put(members, words) {
      const row = new Uint32Array(HEADER + width);
      row[0] = layout;
      await rows.replace(
        'il_signature_page',
        COLUMNS,
        members.map((member, i) => {
          row.set(words.subarray(i * width, (i + 1) * width), HEADER);
          return [placeOfOwnRow(member), entityId, textOf(row)];
        }),
      );
    },
    async writeAll(members, write) {
      let some: Cell[][] = [];
      for (let i = 0; i < members.length;) {
        const page = pageOf(members[i]!);
        const words = empty();
        for (; i < members.length && pageOf(members[i]!) === page; i++) write(i, words, placeOf(members[i]!));
        some.push(rowOf(page, words));
        if (some.length < PAGES_AT_ONCE && i < members.length) continue;
        await rows.insert('il_signature_page', COLUMNS, some);
        some = [];
      }
    },
    async clear() {
      await rows.remove('il_signature_page', ['entity_id'], [[entityId]]);
    },
  };
}

const COLUMNS = ['place', 'entity_id', 'entries'];
const OWN_ROWS = 'SELECT place, entries FROM il_signature_page WHERE place >= ? AND place < ?';
const PAGES = `SELECT place, entries FROM il_signature_page WHERE place IN (${TOGETHER_MARKS})`;
