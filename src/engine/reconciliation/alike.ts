import type { Side } from '../../reconciliation/entry.ts';
import { hasLikeness, likenessHash, mayBeCopies } from '../../reconciliation/exceptions/extras.ts';
import type { DuplicateRule } from '../../reconciliation/exceptions/rules.ts';
import type { Rules } from '../../reconciliation/match/reconcile.ts';
import { likenessKey } from '../../reconciliation/match/relations.ts';
import { SIDES } from '../../reconciliation/match/work.ts';
import type { Knex } from '../../store/open.ts';
import { type AlikePages, alikePages, saveAlikePages } from '../../store/reconciliation/side-blocks.ts';
import { BLOCK } from '../../store/revenue/marks.ts';
import type { SideReader, StoredEntry } from './read-entries.ts';

/**
 * Records of a side that may be copies of these, by the rules of duplicates. Of a record that is like no other no key is kept: it is found
 * by pages of hashes, which name each record as it was when it last changed, and some that are not alike.
 */
export async function recordsAlike(
  trx: Knex,
  { pipeline, rules, reader }: { pipeline: string; rules: Rules; reader: SideReader },
  side: Side,
  entries: readonly StoredEntry[],
): Promise<number[]> {
  const wanted = new Set<number>();
  for (const [i, rule] of rulesOf(rules, side))
    for (const entry of entries) if (hasLikeness(rule, entry)) wanted.add(hashOf(i, rule, entry));
  if (wanted.size === 0) return [];
  const candidates = new Set<number>();
  for (const [block, words] of await alikePages(trx, pipeline, side))
    for (let i = 0; i < words.length; i += 2) if (wanted.has(words[i]!)) candidates.add(block * BLOCK + words[i + 1]!);
  const found = await reader.some([...candidates]);
  const alike = new Set<number>();
  for (const [i, rule] of rulesOf(rules, side)) {
    const byKey = Map.groupBy(entries, (entry) => likenessKey(i, rule.fields, entry));
    for (const entry of found)
      if (byKey.get(likenessKey(i, rule.fields, entry))?.some((changed) => mayBeCopies(rule, changed, entry))) alike.add(entry.golden);
  }
  return [...alike];
}

/** Keeps the hashes of all records of both sides; `changed`: only those of these ids are made again. */
export async function saveAlike(
  trx: Knex.Transaction,
  pipeline: string,
  rules: Rules,
  entries: Readonly<Record<Side, readonly StoredEntry[]>>,
  changed?: Readonly<Record<Side, ReadonlySet<number>>>,
): Promise<void> {
  for (const side of SIDES) {
    const pages = pagesOf(rules, side, changed ? entries[side].filter(({ golden }) => changed[side].has(golden)) : entries[side]);
    if (!changed) await saveAlikePages(trx, pipeline, side, pages);
    else if (pages.size > 0) {
      const before = await alikePages(trx, pipeline, side, [...pages.keys()]);
      for (const [block, words] of pages) pages.set(block, together(before.get(block) ?? new Uint32Array(), words));
      await saveAlikePages(trx, pipeline, side, pages, new Set(pages.keys()));
    }
  }
}

function pagesOf(rules: Rules, side: Side, entries: readonly StoredEntry[]): AlikePages {
  const gathered = gatherAlike(rules);
  gathered.add(side, entries);
  return gathered.pages(side);
}

/** The hashes of records that are looked at some at a time. */
export interface GatheredAlike {
  add(side: Side, entries: readonly StoredEntry[]): void;
  pages(side: Side): AlikePages;
}

export function gatherAlike(rules: Rules): GatheredAlike {
  const lists: Record<Side, Map<number, number[]>> = { left: new Map(), right: new Map() };
  return {
    add(side, entries) {
      for (const [i, rule] of rulesOf(rules, side))
        for (const entry of entries) {
          if (!hasLikeness(rule, entry)) continue;
          const block = Math.floor(entry.golden / BLOCK);
          let list = lists[side].get(block);
          if (!list) lists[side].set(block, (list = []));
          list.push(hashOf(i, rule, entry), entry.golden % BLOCK);
        }
    },
    pages: (side) => new Map([...lists[side]].map(([block, list]) => [block, Uint32Array.from(list)])),
  };
}

/** Those of both, each once. */
function together(before: Uint32Array, now: Uint32Array): Uint32Array {
  const nameAt = (words: Uint32Array, i: number): number => words[i]! * BLOCK + words[i + 1]!;
  const known = new Set<number>();
  for (let i = 0; i < before.length; i += 2) known.add(nameAt(before, i));
  const all = [...before];
  for (let i = 0; i < now.length; i += 2) if (!known.has(nameAt(now, i))) all.push(now[i]!, now[i + 1]!);
  return Uint32Array.from(all);
}

/** Rules of one side have their place in all of them. */
function rulesOf({ exceptions }: Rules, side: Side): [number, DuplicateRule][] {
  return [...exceptions.duplicates.entries()].filter(([, rule]) => rule.side === side);
}

function hashOf(i: number, rule: DuplicateRule, entry: StoredEntry): number {
  return (likenessHash(rule, entry) ^ Math.imul(i, 0x9e3779b1)) >>> 0;
}
