import type { PlainMap } from './proposal.ts';
import { isOverpunched } from '../../formats/fixed-width/sign.ts';
import { areZoned } from './fields.ts';
import { cut, figureOf, nameOf, type Span, withSpans } from './columns.ts';

/** A trailer whose digits are the number of detail lines, or the sum of some of their digits: columns are cut where that fits. */
export function controlIn(
  types: Map<string, string[]>,
  spans: Map<string, Span[]>,
  detail: string,
  last: (line: string) => boolean,
  evidence: string[],
): { type: string; yaml: PlainMap } | undefined {
  const details = types.get(detail)!;
  for (const [type, [line, ...more]] of types) {
    if (type === detail || more.length > 0 || line === undefined) continue;
    let count: Span | undefined;
    let total: { at: Span; of: Span } | undefined;
    if (!last(line)) continue;
    const numbers = spansOfDigits(line, type.length).filter(({ from, to }) => to - from >= 2);
    for (const at of numbers) if (Number(cut(line, at)) === details.length) count = wider(count, at);
    // Of spans with the same sum the widest: what is in front of it is zeros in every line.
    const sums = sumsIn(details, detail.length);
    // The last digit of a figure may carry its sign.
    const figures = numbers.flatMap((at) => (isOverpunched(line[at.to]) ? [at, { from: at.from, to: at.to + 1 }] : [at]));
    for (const at of figures) {
      if (count && at.from <= count.to && count.from <= at.to) continue;
      const figure = figureOf(cut(line, at));
      const of = sums.get(String(figure));
      if (of && (figure > 99n || figure < -99n) && at.to - at.from > 2 && (!total || at.to - at.from > total.at.to - total.at.from))
        total = { at, of };
    }
    if (!count && !total) continue;
    if (count) evidence.push(`characters ${count.from}-${count.to} of ${type} are ${cut(line, count)}, the number of ${detail} lines`);
    if (total)
      evidence.push(
        `characters ${total.at.from}-${total.at.to} of ${type} are the sum of characters ${total.of.from}-${total.of.to} of the ${detail} lines, as whole numbers (decimals: 0); check whether they are cents; if so, write decimals: 2 in both fields of the decoder and in control`,
      );
    spans.set(type, withSpans(spans.get(type)!, [count, total?.at]));
    spans.set(detail, withSpans(spans.get(detail)!, [total?.of]));
    return {
      type,
      yaml: {
        type,
        ...(count ? { count: nameOf(count) } : {}),
        ...(total ? { total: { field: nameOf(total.at), of: nameOf(total.of), decimals: 0 } } : {}),
      },
    };
  }
  return undefined;
}

/** Stretches of up to 18 digits within runs of digits that all lines have. */
function spansOfDigits(line: string, skip: number, all: readonly string[] = [line]): Span[] {
  const spans: Span[] = [];
  const digit = Array.from({ length: line.length }, (_, i) => i >= skip && all.every((l) => /\d/.test(l[i] ?? '')));
  for (let from = skip; from < line.length; from++)
    for (let to = from; to < line.length && digit[to] && to - from < 18; to++) if (to > from) spans.push({ from: from + 1, to: to + 1 });
  return spans;
}

/** Sum → the span that has it, of the figures in these lines; also of those that have a minus for their last character. */
function sumsIn(lines: readonly string[], skip: number): Map<string, Span> {
  const spans = spansOfDigits(lines[0]!, skip, lines).reverse();
  const sumOf = sumsOfSpans(lines);
  const sums = new Map(spans.map((of) => [String(sumOf(of)), of]));
  for (const { from, to } of spans) {
    const of = { from, to: to + 1 };
    const figures = lines.map((line) => cut(line, of));
    const minusBehind = figures.every((text) => /^\d+[- ]?$/.test(text)) && figures.some((text) => text.endsWith('-'));
    if (!minusBehind && !areZoned(figures)) continue;
    const sum = figures.reduce((all, text) => all + figureOf(text), 0n);
    sums.set(String(sum), of);
  }
  return sums;
}

/** The sum of the figures that are at a span in all lines; each character is added up once, whatever the number of spans. */
function sumsOfSpans(lines: readonly string[]): (span: Span) => bigint {
  const sums: number[] = new Array<number>(lines[0]!.length).fill(0);
  for (const line of lines) for (let i = 0; i < sums.length; i++) sums[i]! += line.charCodeAt(i) - 48;
  return ({ from, to }) => {
    let sum = 0n;
    for (let i = from - 1; i < to; i++) sum = sum * 10n + BigInt(sums[i]!);
    return sum;
  };
}

/** The longest stretch: leading zeros belong to the figure. */
function wider(a: Span | undefined, b: Span): Span {
  return a && a.to - a.from >= b.to - b.from ? a : b;
}
