import { counted } from '../../core/text/counted.ts';
import type { Values } from '../../core/record.ts';
import { outOf, type PlainMap, type ProposedField, type ProposedKey, type ProposedStream, streamName } from './proposal.ts';
import { columnsOf, cut, datesCutOut, nameOf, type Span } from './columns.ts';
import { controlIn } from './control.ts';
import { patternOf } from './csv.ts';
import { areZoned, isFigure, proposeFields, proposeKeys } from './fields.ts';

/** Said of figures without a point. */
const CENTS = 'if these are cents, write decimals: 2 in the decoder and type: decimal here';

/** Values of a sample that are looked at. */
const MAX_VALUES = 2_000_000;

/** Characters of a text without line breaks by which the length of its records is found. */
const MAX_PERIOD_TEXT = 20_000;

/** A stream for lines without delimiters: record types by their first characters, columns by what is blank or changes kind in all lines. */
export function discoverFixed(file: string, text: string, encoding: string): ProposedStream {
  const evidence: string[] = [];
  const length = recordLength(text);
  const lines = length === undefined ? text.split(/\r?\n/).filter((line) => line !== '') : inPieces(text, length);
  if (length !== undefined) evidence.push(`no line breaks: the same columns come again after each ${counted(length, 'character')}`);
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
    evidence.push(`character ${detail.length + 1} is always ${[...next].join('')}: check whether it belongs to the kind of line`);

  const spans = new Map([...types].map(([type, list]) => [type, datesCutOut(columnsOf(list, several ? detail.length : 0), list)]));
  const control = several
    ? controlIn(types, spans, detail, (line) => lines.indexOf(line) > lines.lastIndexOf(details.at(-1)!), evidence)
    : undefined;
  const columns = named(spans.get(detail)!);
  // A damaged line that is long makes columns for all; what they hold is not worth minutes.
  const looked = details.slice(0, Math.max(1000, Math.floor(MAX_VALUES / Math.max(1, columns.length))));
  if (looked.length < details.length) evidence.push(`of these lines, the first ${looked.length.toLocaleString('en-US')} were looked at`);
  const sample = looked.map((line) => valuesIn(line, columns));
  const parents = [...types.keys()].filter(
    (type) =>
      type !== detail &&
      type !== control?.type &&
      lines.findIndex((line) => line.startsWith(type)) < lines.findIndex((line) => line.startsWith(detail)),
  );
  const fields = proposeFields(sample);
  const total = control?.yaml['total'] as PlainMap | undefined;
  for (const f of fields) {
    const figure =
      f.name === total?.['of'] ? `summed in ${control!.type}; ${CENTS}` : isFigure(sample, f.name) ? `figures, it seems; ${CENTS}` : '';
    f.evidence = `characters ${f.name.replace(/^at_/, '').replace('_', '-')}; ${f.evidence}${figure ? `; ${figure}` : ''}`;
  }
  const zonedSum = total !== undefined && spans.get(detail)!.some((span) => nameOf(span) === total['of'] && areZonedAt(details, span));
  const summed = total ? [String(total['of']), String(total['field'])] : [];
  const fixed: PlainMap = {
    ...(encoding === 'utf-8' ? {} : { encoding }),
    ...(same.length === lines.length ? { record_length: width } : {}),
    ...(length === undefined ? {} : { line_breaks: false }),
    ...(text.endsWith('\n') || length !== undefined ? {} : { final_newline: 'optional' }),
    record_types: Object.fromEntries(
      [...types.keys()].map((type) => [
        several ? type : 'line',
        {
          ...(several ? { when: { from: 1, to: type.length, is: type } } : {}),
          fields: Object.fromEntries(
            spans.get(type)!.map((span) => {
              const whole = summed.includes(nameOf(span)) && types.get(type)!.some((line) => cut(line, span).endsWith('-'));
              const zoned = areZonedAt(types.get(type)!, span) || (nameOf(span) === total?.['field'] && type === control!.type && zonedSum);
              return [
                nameOf(span),
                { from: span.from, to: span.to, ...(zoned ? { decimals: 0, sign: 'overpunch' } : whole ? { decimals: 0 } : {}) },
              ];
            }),
          ),
        },
      ]),
    ),
  };
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { fixed_width: fixed },
    ...(several ? { record_selector: { types: [detail], ...(parents.length ? { parents } : {}) } } : {}),
    ...(control ? { control: [control.yaml] } : {}),
    fields,
    keys: keysWithParent(),
    evidence,
  };

  /** Details are often identified by what is above them: the key of their parent comes before their own fields. */
  function keysWithParent(): ProposedKey[] {
    const [parent] = parents;
    const own = proposeKeys(sample, fields, summed);
    const figures = columns.map(({ name }) => name).filter((name) => summed.includes(name) || isFigure(sample, name));
    const weak = own[0]?.repeats !== undefined || own[0]?.fields.every((name) => figures.includes(name));
    if (parents.length !== 1 || parent === undefined || !weak) return own;
    const above = types.get(parent)!.map((line) => valuesIn(line, named(spans.get(parent)!)));
    const [key] = proposeKeys(above, proposeFields(above));
    if (!key || key.repeats) return own;
    const names = key.fields.map((name) => `${parent}.${name}`);
    let at: Values = {};
    const among = new Set(looked);
    const whole = lines.flatMap((line) => {
      if (line.startsWith(parent)) at = valuesIn(line, named(spans.get(parent)!, `${parent}.`));
      return among.has(line) ? [{ ...at, ...valuesIn(line, columns) }] : [];
    });
    const inKey = names.map((name): ProposedField => ({ name, type: 'text', evidence: '' }));
    return proposeKeys(whole, [...inKey, ...fields], figures);
  }
}

/** The length of records that follow each other without line breaks, by where their columns come again; undefined: there are lines. */
export function recordLength(text: string): number | undefined {
  const line = withoutLineEnd(text);
  if (line.includes('\n') || line.length < 60) return undefined;
  const kind = (c: string): number => (c === ' ' ? 0 : c >= '0' && c <= '9' ? 1 : 2);
  const kinds = Uint8Array.from({ length: Math.min(line.length, MAX_PERIOD_TEXT) }, (_, i) => kind(line[i]!));
  // So many kinds are the same at any distance.
  const chance = [0, 1, 2].reduce((sum, one) => sum + (kinds.filter((k) => k === one).length / kinds.length) ** 2, 0);
  let best: { length: number; agree: number } | undefined;
  for (let length = 10; length <= kinds.length / 3; length++) {
    if (line.length % length !== 0) continue;
    let same = 0;
    for (let i = length; i < kinds.length; i++) if (kinds[i] === kinds[i - length]) same++;
    const agree = (same / (kinds.length - length) - chance) / (1 - chance);
    // A multiple of the length agrees as well: the shortest counts.
    if (agree > 0.5 && (!best || agree > best.agree + 0.1)) best = { length, agree };
  }
  return best?.length;
}

function areZonedAt(lines: readonly string[], span: Span): boolean {
  return areZoned(lines.slice(0, 1000).map((line) => cut(line, span)));
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function inPieces(text: string, length: number): string[] {
  const line = withoutLineEnd(text);
  return Array.from({ length: line.length / length }, (_, i) => line.slice(i * length, (i + 1) * length));
}

function named(spans: readonly Span[], prefix = ''): (Span & { name: string })[] {
  return spans.map((span) => ({ ...span, name: prefix + nameOf(span) }));
}

function valuesIn(line: string, columns: readonly (Span & { name: string })[]): Values {
  const values: Values = {};
  for (const { name, from, to } of columns) values[name] = line.slice(from - 1, to).trim() || null;
  return values;
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
    // 01, 05, 99 rather than 0 and 9, where the first line is of a kind of its own only then.
    const header = (map: Map<string, string[]>): boolean => map.get(lines[0]!.slice(0, [...map.keys()][0]!.length))!.length === 1;
    const digits = longer && longer.size <= 9 && [...longer.keys()].every((type) => /^\d+$/.test(type));
    const hidden = digits && lines.length > 3 && !header(types) && header(longer) && !isNumbered(lines, length + 1);
    // HDR, DTL, TRL rather than H, D, T, where more letters tell no more kinds.
    const goesOn = longer?.size === types.size && [...longer.keys()].every((type) => /^[A-Z]+$/.test(type));
    if (few && letters && (edge || own) && !goesOn && !hidden && !isNumbered(lines, length)) return types;
  }
  return new Map([['', [...lines]]]);
}

/**
 * Do the lines begin with rising numbers, of which a mark of so many characters would be the first digits? Then the marks follow each other
 * without a gap, and the numbers go from one to the next; those behind a mark begin low again.
 */
function isNumbered(lines: readonly string[], length: number): boolean {
  const width = Math.min(15, ...lines.map((line) => /^\d*/.exec(line)![0].length));
  if (width <= length) return false;
  const numbers = lines.map((line) => Number(line.slice(0, width)));
  const step = 10 ** (width - length);
  const rising = numbers.every((number, i) => i === 0 || (number > numbers[i - 1]! && number - numbers[i - 1]! < step));
  return rising && numbers.at(-1)! - numbers[0]! > step;
}
