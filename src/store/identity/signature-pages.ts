import { type Cell, type Rows, together, TOGETHER_MARKS } from '../rows.ts';
import { textOf, wordsOf } from '../words.ts';

/** What is compared of members in words of 32 bits, `width` for each. Words that mean something else (another `layout`) are not read. */
export interface SignatureForm {
  width: number;
  layout: number;
}

/** The signatures of one entity inside one transaction. Those of a member are 0 where nothing is known. */
export interface SignatureStore {
  /** The signatures of members that are given in the order of their ids: `width` words for each, one behind the other. */
  read(members: ArrayLike<number>): Promise<Uint32Array>;
  /** Writes the signatures of members, which are given in the order of their ids, as `read` gives them. */
  put(members: readonly number[], words: Uint32Array): Promise<void>;
  /** Writes the signatures of all members at once, in the order of their ids; `write` is called for each of them. There must be none. */
  writeAll(members: Float64Array, write: (index: number, into: Uint32Array, at: number) => void): Promise<void>;
  clear(): Promise<void>;
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

  /** Pages by their numbers, without those that are not there or mean something else. */
  async function readPages(numbers: readonly number[]): Promise<Map<number, Uint32Array>> {
    if (!kept) return readAll(numbers);
    if (kept.size > MOST_KEPT) kept.clear();
    const others = numbers.filter((page) => !kept.has(page));
    if (others.length > 0) for (const [page, words] of await readAll(others)) kept.set(page, words);
    return kept;
  }

  async function readAll(numbers: readonly number[]): Promise<Map<number, Uint32Array>> {
    const places = numbers.map((page) => entityId * ENTITY + page);
    const found = await rows.select(PAGES, together(places));
    const words = wordsOf(found.map(([, entries]) => entries as string));
    const pages = new Map(
      found.flatMap(([place], i) =>
        words[i]!.length === size && words[i]![0] === layout ? [[Number(place) - entityId * ENTITY, words[i]!] as const] : [],
      ),
    );
    await putOwnRows(numbers, pages);
    return pages;
  }

  /** Puts what the rows of members say into these pages, which are given in order. */
  async function putOwnRows(numbers: readonly number[], pages: Map<number, Uint32Array>): Promise<void> {
    if (numbers.length === 0) return;
    const [first, last] = [numbers[0]!, numbers[numbers.length - 1]!];
    const spans = last - first < CLOSE * numbers.length ? [[first, last] as const] : numbers.map((page) => [page, page] as const);
    const found = await rows.select(
      OWN_ROWS,
      spans.map(([from, to]) => [placeOfOwnRow(from * ON_A_PAGE), placeOfOwnRow((to + 1) * ON_A_PAGE)]),
    );
    const own = wordsOf(found.map(([, entries]) => entries as string));
    const asked = new Set(numbers);
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

  /** Calls `work` with members of neighboring pages, so many at once; `members` in the order of their ids. */
  async function byPages(
    members: ArrayLike<number>,
    work: (from: number, to: number, pages: Map<number, Uint32Array>) => void,
  ): Promise<void> {
    for (let from = 0; from < members.length;) {
      const numbers: number[] = [];
      let to = from;
      for (; to < members.length; to++) {
        const page = pageOf(members[to]!);
        if (page === numbers.at(-1)) continue;
        if (numbers.length === PAGES_AT_ONCE) break;
        numbers.push(page);
      }
      work(from, to, await readPages(numbers));
      from = to;
    }
  }

  return {
    async read(members) {
      const words = new Uint32Array(members.length * width);
      await byPages(members, (from, to, pages) => {
        for (let i = from; i < to; i++) {
          const page = pages.get(pageOf(members[i]!));
          if (!page) continue;
          const at = placeOf(members[i]!);
          for (let k = 0; k < width; k++) words[i * width + k] = page[at + k]!;
        }
      });
      return words;
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
