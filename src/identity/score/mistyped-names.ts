import { areNicknames, namesWithNicknames } from '../compare/nicknames.ts';
import { knownGivenNames } from './common-names.ts';
import { NAMES_FROM_ABROAD } from './names-from-abroad.ts';
import { RARER_NAMES } from './rarer-names.ts';

/** Shorter names are one letter away from too many others: they mean themselves. */
const LEAST = 4;

/** By what is left of a given name without one of its letters, or whole: the names. Made when it is first asked for. */
let namesByRest: ReadonlyMap<string, readonly string[]> | undefined;

/** The given names that this may be with a typing error: a letter too many, too few or another, or two in the wrong order. */
export function namesMeantBy(name: string): ReadonlySet<string> {
  namesByRest ??= tableOf(new Set([...knownGivenNames(), ...namesWithNicknames(), ...RARER_NAMES, ...NAMES_FROM_ABROAD]));
  return new Set(restsOf(name).flatMap((rest) => namesByRest!.get(rest) ?? []));
}

/** Two names, of which each is a given name or one with a typing error, and which do not come of one name. */
export function areTwoNamesMistyped(a: string, b: string): boolean {
  const first = namesMeantBy(a);
  const second = namesMeantBy(b);
  if (first.size === 0 || second.size === 0) return false;
  for (const x of first) for (const y of second) if (x === y || areNicknames(x, y)) return false;
  return true;
}

function tableOf(names: ReadonlySet<string>): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const name of names)
    for (const rest of restsOf(name)) {
      const list = table.get(rest);
      if (list) list.push(name);
      else table.set(rest, [name]);
    }
  return table;
}

function restsOf(name: string): string[] {
  if (name.length < LEAST) return [name];
  return [name, ...Array.from(name, (_, i) => name.slice(0, i) + name.slice(i + 1))];
}
