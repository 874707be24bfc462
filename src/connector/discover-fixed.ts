import type { Values } from '../core/record.ts';
import { counted } from './certify.ts';
import { outOf, type PlainMap, type ProposedStream, streamName } from './discover.ts';
import { patternOf } from './discover-csv.ts';
import { isFigure, proposeFields, proposeKeys } from './discover-fields.ts';

interface Span {
  /** From 1, both ends included, as in manifests. */
  from: number;
  to: number;
}

/** Said of figures without a point. */
const CENTS = 'if these are cents, write decimals: 2 in the decoder and type: decimal here';

/** Values of a sample that are looked at. */
const MOST_VALUES = 2_000_000;

/** A stream for lines without delimiters: record types by their first characters, columns by what is blank or changes kind in all lines. */
export function discoverFixed(file: string, text: string, encoding: string): ProposedStream {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const evidence: string[] = [];
  const widths = Map.groupBy(lines, (line) => line.length);
  const [width, same] = [...widths].reduce((a, b) => (b[1].length > a[1].length ? b : a));
  evidence.push(`${outOf(same.length, lines.length)} lines ${lines.length === 1 ? 'is' : 'are'} ${counted(width, 'character')} long`);
  const types = recordTypes(lines);
  const [detail, details] = [...types].reduce((a, b) => (b[1].length > a[1].length ? b : a));
  const several = types.size > 1;
  if (several)
    evidence.push(
      `the first ${detail.length === 1 ? 'character tells' : `${detail.length} characters tell`} the kind of line: ${[...types].map(([type, list]) => `${type} ${list.length} times`).join(', ')}`,
    );

  const next = new Set(lines.map((line) => line[detail.length] ?? ''));
  if (several && /^\d+$/.test(detail) && next.size === 1)
    evidence.push(`character ${detail.length + 1} is always ${[...next].join('')}: look whether it belongs to the kind of line`);

  const spans = new Map([...types].map(([type, list]) => [type, datesCutOut(columnsOf(list, several ? detail.length : 0), list)]));
  const control = several
    ? controlIn(types, spans, detail, (line) => lines.indexOf(line) > lines.lastIndexOf(details.at(-1)!), evidence)
    : undefined;
  const columns = spans.get(detail)!.map((span) => ({ ...span, name: nameOf(span) }));
  // A damaged line that is long makes columns for all; what they hold is not worth minutes.
  const looked = details.slice(0, Math.max(1000, Math.floor(MOST_VALUES / Math.max(1, columns.length))));
  if (looked.length < details.length) evidence.push(`of these lines, the first ${looked.length.toLocaleString('en-US')} were looked at`);
  const sample = looked.map((line) => {
    const values: Values = {};
    for (const { name, from, to } of columns) values[name] = line.slice(from - 1, to).trim() || null;
    return values;
  });
  const fields = proposeFields(sample);
  const total = control?.yaml['total'] as PlainMap | undefined;
  for (const f of fields) {
    const figure =
      f.name === total?.['of'] ? `summed in ${control!.type}; ${CENTS}` : isFigure(sample, f.name) ? `figures, it seems; ${CENTS}` : '';
    f.evidence = `characters ${f.name.replace(/^at_/, '').replace('_', '-')}; ${f.evidence}${figure ? `; ${figure}` : ''}`;
  }
  const fixed: PlainMap = {
    ...(encoding === 'utf-8' ? {} : { encoding }),
    ...(same.length === lines.length ? { record_length: width } : {}),
    ...(text.endsWith('\n') ? {} : { final_newline: 'optional' }),
    record_types: Object.fromEntries(
      [...types.keys()].map((type) => [
        several ? type : 'line',
        {
          ...(several ? { when: { from: 1, to: type.length, is: type } } : {}),
          fields: Object.fromEntries(spans.get(type)!.map((span) => [nameOf(span), { from: span.from, to: span.to }])),
        },
      ]),
    ),
  };
  const parents = [...types.keys()].filter(
    (type) =>
      type !== detail &&
      type !== control?.type &&
      lines.findIndex((line) => line.startsWith(type)) < lines.findIndex((line) => line.startsWith(detail)),
  );
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { fixed_width: fixed },
    ...(several ? { record_selector: { types: [detail], ...(parents.length ? { parents } : {}) } } : {}),
    ...(control ? { control: [control.yaml] } : {}),
    fields,
    keys: proposeKeys(sample, fields, total ? [String(total['of'])] : []),
    evidence,
  };
}

/** Lines by their first one to three characters, where these are few and each kind is always as long. One kind: the empty text. */
function recordTypes(lines: readonly string[]): Map<string, string[]> {
  for (const length of [1, 2, 3]) {
    const longer = length < 3 ? Map.groupBy(lines, (line) => line.slice(0, length + 1)) : undefined;
    const types = Map.groupBy(lines, (line) => line.slice(0, length));
    const few = types.size > 1 && types.size <= 9 && types.size < lines.length;
    // A header or trailer comes once or seldom; values that merely begin alike come in all amounts.
    const letters = [...types.keys()].every((type) => /^[A-Z]+$/.test(type) || /^\d+$/.test(type));
    const edge = types.get(lines[0]!.slice(0, length))!.length === 1 || types.get(lines.at(-1)!.slice(0, length))!.length === 1;
    // Where no kind comes once, as with a head and its lines over and over: each kind has its own length, and they differ.
    const lengths = [...types.values()].map((list) => (list.every((line) => line.length === list[0]!.length) ? list[0]!.length : 0));
    const own = !lengths.includes(0) && new Set(lengths).size > 1 && [...types.values()].every((list) => list.length > 1);
    // HDR, DTL, TRL rather than H, D, T, where more letters tell no more kinds.
    const goesOn = longer?.size === types.size && [...longer.keys()].every((type) => /^[A-Z]+$/.test(type));
    if (few && letters && (edge || own) && !goesOn) return types;
  }
  return new Map([['', [...lines]]]);
}

/** Columns of lines of one kind: a new one begins after a blank in all lines, and where digits turn to letters or back in all lines. */
function columnsOf(lines: readonly string[], typeWidth: number): Span[] {
  const kinds = kindsOf(lines);
  const width = kinds.length;
  const spans: Span[] = [];
  let from: number | undefined;
  const end = (to: number): void => {
    if (from !== undefined && to >= from) spans.push({ from: from + 1, to: to + 1 });
    from = undefined;
  };
  for (let i = typeWidth; i < width; i++) {
    if (kinds[i] === 'blank') {
      end(i - 1);
      continue;
    }
    const before = kinds[i - 1];
    const turns =
      from !== undefined &&
      before !== kinds[i] &&
      (before === 'digit' || kinds[i] === 'digit') &&
      before !== 'mixed' &&
      kinds[i] !== 'mixed';
    if (turns) end(i - 1);
    from ??= i;
  }
  end(width - 1);
  return spans.map((span, i) => {
    // Blanks after a text belong to it: a longer one would reach into them. Digits are as long as they are.
    const text = kinds.slice(span.from - 1, span.to).some((kind) => kind === 'letter' || kind === 'mixed');
    const next = spans[i + 1]?.from ?? width + 1;
    return text && next - span.to > 2 ? { from: span.from, to: next - 1 } : span;
  });
}

/** Eight digits within a longer run that are a day (YYYYMMDD) in all lines are a column of their own. */
function datesCutOut(spans: readonly Span[], lines: readonly string[]): Span[] {
  if (lines.length < 3) return [...spans];
  const isDay = (text: string): boolean => /^(19[5-9]\d|20[0-6]\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(text);
  return spans.flatMap((span) => {
    if (span.to - span.from < 8 || !lines.every((line) => /^\d+$/.test(cut(line, span)))) return [span];
    const starts = Array.from({ length: span.to - span.from - 6 }, (_, i) => span.from + i).filter((from) =>
      lines.every((line) => isDay(cut(line, { from, to: from + 7 }))),
    );
    return starts.length === 1 ? withSpans([span], [{ from: starts[0]!, to: starts[0]! + 7 }]) : [span];
  });
}

type Kind = 'blank' | 'digit' | 'letter' | 'mixed';

/** The kind of each column; where a line ends before it, it has a blank there. Each character is looked at once. */
function kindsOf(lines: readonly string[]): Kind[] {
  const columns: { filled: number; digits: number; letters: number; blanks: number }[] = [];
  for (const line of lines)
    for (let i = 0; i < line.length; i++) {
      const column = (columns[i] ??= { filled: 0, digits: 0, letters: 0, blanks: 0 });
      const c = line[i]!;
      column.filled++;
      if (c === ' ') column.blanks++;
      else if (c >= '0' && c <= '9') column.digits++;
      else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) column.letters++;
    }
  return columns.map(({ filled, digits, letters, blanks }) => {
    const blank = blanks + lines.length - filled;
    if (blank === lines.length) return 'blank';
    if (digits === lines.length) return 'digit';
    return letters + blank === lines.length ? 'letter' : 'mixed';
  });
}

function nameOf({ from, to }: Span): string {
  return `at_${from}_${to}`;
}

/** A trailer whose digits are the number of detail lines, or the sum of some of their digits: columns are cut where that fits. */
function controlIn(
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
    const sumOf = sumsOfSpans(details);
    const sums = new Map(
      spansOfDigits(details[0]!, detail.length, details)
        .reverse()
        .map((of) => [String(sumOf(of)), of]),
    );
    for (const at of numbers) {
      if (count && at.from <= count.to && count.from <= at.to) continue;
      const of = sums.get(String(BigInt(cut(line, at))));
      if (of && BigInt(cut(line, at)) > 99n && at.to - at.from > 2 && (!total || at.to - at.from > total.at.to - total.at.from))
        total = { at, of };
    }
    if (!count && !total) continue;
    if (count) evidence.push(`characters ${count.from}-${count.to} of ${type} are ${cut(line, count)}, the number of ${detail} lines`);
    if (total)
      evidence.push(
        `characters ${total.at.from}-${total.at.to} of ${type} are the sum of characters ${total.of.from}-${total.of.to} of the ${detail} lines, as whole numbers (decimals: 0); look whether they are cents: then write decimals: 2 in both fields of the decoder and in control`,
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

/** The sum of the figures that stand at a span in all lines; each character is added up once, whatever the number of spans. */
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

function cut(line: string, { from, to }: Span): string {
  return line.slice(from - 1, to);
}

/** The columns with these among them: what lies over one is cut where it begins and ends. */
function withSpans(spans: readonly Span[], wanted: readonly (Span | undefined)[]): Span[] {
  let result = [...spans];
  for (const span of wanted) {
    if (!span) continue;
    result = result.flatMap((s) =>
      s.to < span.from || s.from > span.to
        ? [s]
        : [
            { from: s.from, to: span.from - 1 },
            { from: span.to + 1, to: s.to },
          ].filter((p) => p.to >= p.from),
    );
    result.push(span);
  }
  return result.sort((a, b) => a.from - b.from);
}
