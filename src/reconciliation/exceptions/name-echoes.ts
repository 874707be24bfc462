import type { Echoed, Entry, FieldPair, Side } from '../entry.ts';
import { cleaned } from '../fields.ts';
import type { Work } from '../match/work.ts';

/** What is open on one side because its counterpart never came is an echo of that, and names it. */
export function nameEchoes(work: Work): void {
  if (!work.echoing.length) return;
  const pairs = work.rules.passes.flatMap((pass) => (pass.kind === 'key' || pass.kind === 'settlement' ? pass.on : []));
  const index = new Map<string, string>();
  const shapes = new Map<string, { pairs: FieldPair[]; other: Side; day: boolean }>();
  for (const echoed of work.echoing) {
    const other: Side = echoed.of === 'left' ? 'right' : 'left';
    const own = Object.keys(echoed.values).map((field) => pairs.find((pair) => pair[echoed.of] === field));
    if (!own.length || own.some((pair) => pair === undefined)) continue;
    const shape = { pairs: own as FieldPair[], other, day: echoed.day !== null };
    const name = JSON.stringify([other, shape.day, shape.pairs.map((pair) => [pair.left, pair.right])]);
    const key = keyOfEchoed(echoed, shape.pairs);
    if (key === null) continue;
    shapes.set(name, shape);
    index.set(`${name} ${key}`, echoed.cause);
  }
  const openTypes = new Set([work.rules.open.left.type, work.rules.open.right.type]);
  for (const exception of [...work.exceptions, ...(work.known?.kept ?? [])]) {
    if (!exception.holds || !openTypes.has(exception.type)) continue;
    for (const [name, shape] of shapes) {
      const causes = new Set(exception[shape.other].map((entry) => index.get(`${name} ${keyOfEntry(entry, shape)}`)));
      const [cause] = causes;
      if (causes.size === 1 && cause !== undefined) exception.cause = cause;
    }
  }
}

function keyOfEchoed({ values, day, of }: Echoed, pairs: readonly FieldPair[]): string | null {
  const parts = pairs.map((pair) => (values[pair[of]] === null ? null : cleaned(values[pair[of]]!, pair.clean ?? [])));
  return parts.includes(null) ? null : JSON.stringify([day, ...parts]);
}

function keyOfEntry(
  { values, day }: Entry,
  { pairs, other, day: dated }: { pairs: readonly FieldPair[]; other: Side; day: boolean },
): string {
  return JSON.stringify([dated ? day : null, ...pairs.map((pair) => cleaned(values[pair[other]] ?? '', pair.clean ?? []))]);
}
