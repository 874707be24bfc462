import { type Cell, type Rows, together, TOGETHER_MARKS } from '../rows.ts';
import { textOf, wordsOf } from './words.ts';

/** What is compared of members in words of 32 bits, `width` for each. Words that mean something else (another `layout`) are not read. */
export interface SignatureForm {
  width: number;
  layout: number;
}

/** The signatures of one entity inside one transaction. Those of a member are 0 where nothing is known. */
export interface SignatureStore {
  /** Makes the signatures of these members known to `words` and `placeOf`. */
  read(members: readonly number[]): Promise<void>;
  /** The page of a member that was read. */
  words(member: number): Uint32Array;
  /** Where on its page the words of a member begin. */
  placeOf(member: number): number;
  /** Writes the signatures of members, those of `first` in the first words, and so on. */
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
/** Pages of more than this are not kept in memory. */
const MOST_BYTES = 128 * 1024 * 1024;
const ENTITY = 2 ** 40;

/** What was read in a transaction; its batches ask for the same pages. */
const readBy = new WeakMap<Rows, Map<number, Map<number, Uint32Array>>>();

export function signatureStore(rows: Rows, entityId: number, { width, layout }: SignatureForm): SignatureStore {
  const byEntity = readBy.get(rows) ?? new Map<number, Map<number, Uint32Array>>();
  readBy.set(rows, byEntity);
  const pages = byEntity.get(entityId) ?? new Map<number, Uint32Array>();
  byEntity.set(entityId, pages);
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

  async function readPages(numbers: Iterable<number>): Promise<void> {
    if (pages.size * size * 4 > MOST_BYTES) pages.clear();
    const wanted = [...new Set(numbers)].filter((page) => !pages.has(page)).sort((a, b) => a - b);
    for (const page of wanted) pages.set(page, empty());
    const places = wanted.map((page) => entityId * ENTITY + page);
    const found = await rows.select(PAGES, together(places));
    wordsOf(found.map(([, entries]) => entries as string)).forEach((words, i) => {
      if (words.length === size && words[0] === layout) pages.set(Number(found[i]![0]) - entityId * ENTITY, words);
    });
  }

  return {
    read: (members) => readPages(members.map(pageOf)),
    words: (member) => pages.get(pageOf(member))!,
    placeOf,
    async put(members, words) {
      await readPages(members.map(pageOf));
      const changed = new Set<number>();
      members.forEach((member, i) => {
        pages.get(pageOf(member))!.set(words.subarray(i * width, (i + 1) * width), placeOf(member));
        changed.add(pageOf(member));
      });
      const written = [...changed].sort((a, b) => a - b).map((page) => rowOf(page, pages.get(page)!));
      await rows.replace('il_signature_page', COLUMNS, written);
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
      pages.clear();
    },
    async clear() {
      await rows.remove('il_signature_page', ['entity_id'], [[entityId]]);
      pages.clear();
    },
  };
}

const COLUMNS = ['place', 'entity_id', 'entries'];
const PAGES = `SELECT place, entries FROM il_signature_page WHERE place IN (${TOGETHER_MARKS})`;
