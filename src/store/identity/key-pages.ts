import { firstAtLeast } from '../../core/first-at-least.ts';
import { type Cell, type Rows, together, TOGETHER_MARKS } from '../rows.ts';
import { textOf, type WordMemory, wordMemory, wordsOf } from '../words.ts';

/** The blocks of one entity inside one transaction: which members have a key. */
export interface KeyStore {
  /**
   * The members of blocks, by key, in the order of their ids; a block that is not there has none. Of a block with more than
   * `most` members no more may be said than that it has at least as many as the list, which is longer than `most`; its numbers may be of nobody.
   */
  blocks(keys: readonly number[], most: number): Promise<Map<number, readonly number[]>>;
  /** The same for keys that are given in order, each once: a list for each of them. */
  blocksInOrder(keys: Float64Array, most: number): Promise<(readonly number[])[]>;
  /** The members that stand on the page of each of these keys, given in order: what is not told by rows of its own. */
  onPages(keys: Float64Array): Promise<(readonly number[])[]>;
  /** Takes what `onPages` gave in another transaction, which read the same. */
  know(keys: Float64Array, onPages: (readonly number[])[]): void;
  add(pairs: readonly (readonly [key: number, member: number])[]): Promise<void>;
  remove(pairs: readonly (readonly [key: number, member: number])[]): Promise<void>;
  /** Writes the keys of all members at once. There must be none. `each` gives them, the same at every call: a key and its member at each place; -1: none. */
  write(each: EachKey): Promise<void>;
  clear(): Promise<void>;
}

/** Gives keys in lists, with their members. */
export type EachKey = (put: (keys: Float64Array, members: Float64Array) => void) => void;

/** Keys are whole numbers below this. */
const KEYS = 2 ** 53;
/** Entries on a page, about. A nightly export looks up a tenth of all keys: it reads all entries of their pages. */
const ON_A_PAGE = 32;
/** A block with more members is written as rows: its page would be read whole for each of its members. */
const MOST_ON_A_PAGE = 128;
const CHUNK = 5000;
const PAGES_AT_ONCE = 500;

/** An entry is 96 bits: the key's 53, then the member's 43. */
const WORDS = 3;
const HIGH_MEMBER = 11;

export function keyStore(rows: Rows, entityId: number): KeyStore {
  let pages: number | undefined;
  /** What was read of pages; it does not change before all keys are written again. */
  const read: OnPages[] = [];
  /** The same, read by others. */
  const known = new Map<number, readonly number[]>();
  let memory: WordMemory | undefined;

  async function pageCount(): Promise<number> {
    pages ??= Number((await rows.select('SELECT key_pages FROM il_entity WHERE id = ?', [[entityId]]))[0]?.[0] ?? 0);
    return pages;
  }

  /**
   * The members of keys on their pages, IN_ROWS instead of them where all of them are rows. Keys are given in order, each once. The pages are
   * not kept: of thousands of keys they are hundreds of megabytes.
   */
  async function readPages(keys: Float64Array): Promise<OnPages['members']> {
    const members = new Array<readonly number[]>(keys.length).fill(NOBODY);
    const count = await pageCount();
    for (let from = 0; from < keys.length && count > 0;) {
      const pages: number[] = [];
      let to = from;
      for (; to < keys.length; to++) {
        const page = pageOf(keys[to]!, count);
        if (page === pages.at(-1)) continue;
        if (pages.length === PAGES_AT_ONCE) break;
        pages.push(page);
      }
      const found = await rows.select(
        PAGES,
        together(pages).map((some) => [entityId, ...some]),
      );
      // Of thousands of pages, new memory for each list takes as long as reading them.
      const words = wordsOf(
        found.map(([, entries]) => entries as string),
        (memory ??= wordMemory()),
      );
      const byPage = new Map(found.map(([page], i) => [Number(page), words[i]!]));
      for (; from < to; from++) members[from] = membersOn(byPage.get(pageOf(keys[from]!, count)), keys[from]!);
    }
    read.push({ keys, members });
    return members;
  }

  /** What was read of the page of a key; undefined where it was not. */
  function onPage(key: number): readonly number[] | undefined {
    const elsewhere = known.get(key);
    if (elsewhere) return elsewhere;
    for (const { keys, members } of read) {
      const at = firstAtLeast(keys, key);
      if (keys[at] === key) return members[at]!;
    }
    return undefined;
  }

  const changesOf = (keys: readonly number[], limit: number): Promise<Cell[][]> =>
    rows.select(
      CHANGES,
      keys.map((key) => [entityId, key, limit]),
    );

  /** The rows of keys, given in order, and which of these keys have FEW of them or more: of those not all rows are here. */
  async function fewChangesOf(keys: readonly number[]): Promise<{ changes: Map<number, Cell[][]>; more: number[] }> {
    const lists = together(keys);
    const found = await rows.select(
      CHANGES_TOGETHER,
      lists.map((list) => [entityId, ...list, MOST_TOGETHER]),
    );
    const changes = Map.groupBy(found, ([key]) => Number(key));
    // Lists that were cut off are asked for again, key by key.
    const rowsOfList = (list: readonly number[]): number => [...new Set(list)].reduce((n, key) => n + (changes.get(key)?.length ?? 0), 0);
    const single = found.length < MOST_TOGETHER ? [] : [...new Set(lists.filter((list) => rowsOfList(list) >= MOST_TOGETHER).flat())];
    for (const key of single) changes.delete(key);
    for (const [key, some] of Map.groupBy(await changesOf(single, FEW), ([key]) => Number(key))) changes.set(key, some);
    return { changes, more: [...changes].flatMap(([key, some]) => (some.length < FEW ? [] : [key])) };
  }

  const rowsOf = (pairs: readonly (readonly [number, number])[]): Cell[][] => pairs.map(([key, member]) => [entityId, key, member]);
  const PRIMARY = ['entity_id', 'block_key', 'member_id'];

  /** Reads the pages of those keys, given in order, that were not read. */
  async function readOthers(keys: Float64Array): Promise<void> {
    const there = pagesRead(keys);
    const others = keys.filter((key, i) => key !== keys[i - 1] && there[i] === undefined);
    if (others.length > 0) await readPages(others);
  }

  /** What was read of the pages of keys, given in order; undefined where it was not. */
  function pagesRead(keys: Float64Array): (readonly number[] | undefined)[] {
    const found = new Array<readonly number[] | undefined>(keys.length);
    if (known.size > 0) for (let i = 0; i < keys.length; i++) found[i] = known.get(keys[i]!);
    for (const list of read)
      for (let i = 0, at = 0; i < keys.length && at < list.keys.length; i++) {
        while (list.keys[at]! < keys[i]!) at++;
        if (list.keys[at] === keys[i]) found[i] ??= list.members[at];
      }
    return found;
  }

  /** Those that stand on a page, and those that do not. */
  async function split(pairs: readonly (readonly [number, number])[]): Promise<{ there: [number, number][]; not: [number, number][] }> {
    await readOthers(Float64Array.from(pairs, ([key]) => key).sort());
    const there: [number, number][] = [];
    const not: [number, number][] = [];
    for (const [key, member] of pairs) (onPage(key)!.includes(member) ? there : not).push([key, member]);
    return { there, not };
  }

  /** Which of these keys have more than `most` rows. */
  async function largerThan(keys: readonly number[], most: number): Promise<Set<number>> {
    const found = await rows.select(
      LARGER,
      keys.map((key) => [entityId, key, most]),
    );
    return new Set(found.map(([key]) => Number(key)));
  }

  async function blocksInOrder(keys: Float64Array, most: number): Promise<(readonly number[])[]> {
    const isFirst = read.length === 0 && known.size === 0;
    if (!isFirst) await readOthers(keys);
    const onPages = isFirst ? await readPages(keys) : (pagesRead(keys) as OnPages['members']);
    const found = onPages.slice();
    const marked: number[] = [];
    const others: number[] = [];
    for (let i = 0; i < keys.length; i++)
      if (onPages[i]![0] === IN_ROWS) {
        marked.push(keys[i]!);
        found[i] = NOBODY;
      } else others.push(keys[i]!);
    // Most blocks did not change since their page was written.
    const { changes, more } = await fewChangesOf(others);
    more.push(...marked);
    // Of a block that is all rows, counting in the database tells whether it is too large.
    const large = await largerThan(
      more.filter((key) => found[firstAtLeast(keys, key)]!.length === 0),
      most,
    );
    for (const key of more) changes.delete(key);
    // As many as a page can have taken away are read beyond, so enough are left.
    const limit = most + 1 + MOST_ON_A_PAGE;
    const all = await changesOf(
      more.filter((key) => !large.has(key)),
      limit,
    );
    for (const [key, some] of Map.groupBy(all, ([key]) => Number(key)))
      if (some.length < limit) changes.set(key, some);
      else large.add(key);
    for (const [key, some] of changes) {
      const place = firstAtLeast(keys, key);
      const members = new Set(found[place]);
      for (const [, member, gone] of some)
        if (Number(gone) === 1) members.delete(Number(member));
        else members.add(Number(member));
      found[place] = [...members].sort((a, b) => a - b);
    }
    const tooMany = new Array<number>(most + 1).fill(-1);
    for (const key of large) found[firstAtLeast(keys, key)] = tooMany;
    return found;
  }

  return {
    blocksInOrder,
    async onPages(keys) {
      await readOthers(keys);
      return pagesRead(keys) as OnPages['members'];
    },
    know: (keys, members) => keys.forEach((key, i) => known.set(key, members[i]!)),
    async blocks(keys, most) {
      const each = Float64Array.from(new Set(keys)).sort();
      const found = await blocksInOrder(each, most);
      return new Map(found.map((members, i) => [each[i]!, members]));
    },
    async add(pairs) {
      const { there, not } = await split(pairs);
      await rows.remove('il_member_key', PRIMARY, rowsOf(there));
      await rows.insert('il_member_key', PRIMARY, rowsOf(not));
    },
    async remove(pairs) {
      const { there, not } = await split(pairs);
      await rows.insert(
        'il_member_key',
        [...PRIMARY, 'gone'],
        rowsOf(there).map((row) => [...row, 1]),
      );
      await rows.remove('il_member_key', PRIMARY, rowsOf(not));
    },
    async write(each) {
      const { start, entries } = sortedByPage(each);
      const total = start.length - 1;
      for (let first = 0; first < total; first += PAGES_AT_ONCE) {
        const some: Cell[][] = [];
        const inRows: [number, number][] = [];
        for (let page = first; page < Math.min(total, first + PAGES_AT_ONCE); page++) {
          const kept = withoutLarge(entries.subarray(start[page]! * WORDS, start[page + 1]! * WORDS), inRows);
          if (kept.length > 0) some.push([entityId, page, textOf(kept)]);
        }
        await rows.insert('il_key_page', ['entity_id', 'page', 'entries'], some);
        inRows.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
        for (let i = 0; i < inRows.length; i += CHUNK) await rows.insert('il_member_key', PRIMARY, rowsOf(inRows.slice(i, i + CHUNK)));
      }
      await rows.update('il_entity', ['key_pages'], ['id'], [[total, entityId]]);
      pages = total;
      read.length = 0;
      known.clear();
    },
    async clear() {
      await rows.remove('il_member_key', ['entity_id'], [[entityId]]);
      await rows.remove('il_key_page', ['entity_id'], [[entityId]]);
      await rows.update('il_entity', ['key_pages'], ['id'], [[0, entityId]]);
      pages = 0;
      read.length = 0;
      known.clear();
    },
  };
}

const PAGES = `SELECT page, entries FROM il_key_page WHERE entity_id = ? AND page IN (${TOGETHER_MARKS})`;
/** Rows of a block that are read at once, whatever its size. */
const FEW = 8;
/** Rows of several blocks that are read at once, whatever their size. */
const MOST_TOGETHER = 128;
// Without ORDER BY, though it would be that of the rows: in SQLite it takes five times as long.
const CHANGES = 'SELECT block_key, member_id, gone FROM il_member_key WHERE entity_id = ? AND block_key = ? LIMIT ?';
const CHANGES_TOGETHER = `SELECT block_key, member_id, gone FROM il_member_key WHERE entity_id = ? AND block_key IN (${TOGETHER_MARKS}) LIMIT ?`;
/** Names a block again that has more members than the last number. */
const LARGER = 'SELECT block_key FROM il_member_key WHERE entity_id = ? AND block_key = ? LIMIT 1 OFFSET ?';
/** Is on a page instead of the members of a block that is all rows: the highest number of a member, which nobody has. */
const IN_ROWS = 2 ** 43 - 1;

const NOBODY: readonly number[] = [];

/** What pages say of keys, which are in order: by the place of the key, its members. */
interface OnPages {
  keys: Float64Array;
  members: (readonly number[])[];
}

/** The members of a key among the entries of its page, in the order of their ids. */
function membersOn(entries: Uint32Array | undefined, key: number): readonly number[] {
  if (!entries) return NOBODY;
  const low = (key % 4294967296) >>> 0;
  const high = Math.floor(key / 4294967296);
  let members: number[] | undefined;
  for (let i = 0; i < entries.length; i += WORDS)
    if (entries[i] === low && entries[i + 1]! >>> HIGH_MEMBER === high)
      (members ??= []).push((entries[i + 1]! & ((1 << HIGH_MEMBER) - 1)) * 4294967296 + entries[i + 2]!);
  // They mostly are in order: all are of one pass.
  if (members) for (let i = 1; i < members.length; i++) if (members[i - 1]! > members[i]!) return members.sort((a, b) => a - b);
  return members ?? NOBODY;
}

function pageOf(key: number, pages: number): number {
  return Math.floor(key / (KEYS / pages));
}

/** Keys are counted by so many parts before it is known how many pages there are. */
const PARTS = 2 ** 20;

/** All entries, page by page; `start`: where each begins. Memory: 12 bytes an entry. */
function sortedByPage(each: EachKey): { start: Uint32Array; entries: Uint32Array<ArrayBuffer> } {
  const parts = new Uint32Array(PARTS);
  let count = 0;
  each((keys) => {
    for (let i = 0; i < keys.length; i++)
      if (keys[i]! >= 0) {
        parts[pageOf(keys[i]!, PARTS)]!++;
        count++;
      }
  });
  const pages = Math.min(PARTS, Math.max(1, 2 ** Math.round(Math.log2(count / ON_A_PAGE))));
  const start = new Uint32Array(pages + 1);
  for (let part = 0; part < PARTS; part++) start[Math.floor(part / (PARTS / pages)) + 1]! += parts[part]!;
  for (let page = 0; page < pages; page++) start[page + 1]! += start[page]!;
  const next = start.slice();
  const entries = new Uint32Array(count * WORDS);
  each((keys, members) => {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key < 0) continue;
      const member = members[i]!;
      const at = next[pageOf(key, pages)]!++ * WORDS;
      entries[at] = key % 4294967296;
      entries[at + 1] = Math.floor(key / 4294967296) * (1 << HIGH_MEMBER) + Math.floor(member / 4294967296);
      entries[at + 2] = member % 4294967296;
    }
  });
  return { start, entries };
}

/** The entries of a page without those of large blocks, which are added to `rows`; each of these blocks has one entry that says so. */
function withoutLarge(entries: Uint32Array<ArrayBuffer>, rows: [number, number][]): Uint32Array<ArrayBuffer> {
  if (entries.length / WORDS <= MOST_ON_A_PAGE) return entries;
  const counts = new Map<number, number>();
  const keyAt = (i: number): number => (entries[i + 1]! >>> HIGH_MEMBER) * 4294967296 + entries[i]!;
  for (let i = 0; i < entries.length; i += WORDS) counts.set(keyAt(i), (counts.get(keyAt(i)) ?? 0) + 1);
  if (Math.max(...counts.values()) <= MOST_ON_A_PAGE) return entries;
  let to = 0;
  const marked = new Set<number>();
  for (let i = 0; i < entries.length; i += WORDS) {
    const key = keyAt(i);
    if (counts.get(key)! > MOST_ON_A_PAGE) {
      rows.push([key, (entries[i + 1]! & ((1 << HIGH_MEMBER) - 1)) * 4294967296 + entries[i + 2]!]);
      if (marked.has(key)) continue;
      marked.add(key);
      entries[i + 1] = entries[i + 1]! | ((1 << HIGH_MEMBER) - 1);
      entries[i + 2] = 0xffffffff;
    }
    entries.copyWithin(to, i, i + WORDS);
    to += WORDS;
  }
  return entries.subarray(0, to);
}
