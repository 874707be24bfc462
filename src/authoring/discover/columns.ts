import { readSigned } from '../../formats/fixed-width/sign.ts';

/** Columns of lines without delimiters. */
export interface Span {
  /** From 1, both ends included, as in manifests. */
  from: number;
  to: number;
}

export function nameOf({ from, to }: Span): string {
  return `at_${from}_${to}`;
}

/** Columns of lines of one kind: a new one begins after a blank in all lines, and where digits turn to letters or back in all lines. */
export function columnsOf(lines: readonly string[], typeWidth: number): Span[] {
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
export function datesCutOut(spans: readonly Span[], lines: readonly string[]): Span[] {
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

const LETTER = /\p{L}/u;

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
      else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c > '\x7f' && LETTER.test(c))) column.letters++;
    }
  return columns.map(({ filled, digits, letters, blanks }) => {
    const blank = blanks + lines.length - filled;
    if (blank === lines.length) return 'blank';
    if (digits === lines.length) return 'digit';
    return letters + blank === lines.length ? 'letter' : 'mixed';
  });
}

export function cut(line: string, { from, to }: Span): string {
  return line.slice(from - 1, to);
}

/** The columns with these among them: what lies over one is cut where it begins and ends. */
export function withSpans(spans: readonly Span[], wanted: readonly (Span | undefined)[]): Span[] {
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

/** A whole number in digits, with a trailing sign or in the last digit; nothing is 0. */
export function figureOf(text: string): bigint {
  const read = readSigned(text.trim(), undefined) ?? readSigned(text, 'overpunch');
  return read ? BigInt(read.digits) * (read.negative ? -1n : 1n) : 0n;
}
