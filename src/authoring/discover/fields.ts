import type { Value } from '../../core/record.ts';
import { fieldNames, MAX_FIELDS, outOf, type ProposedField, type ProposedKey, type Sample, textOf } from './proposal.ts';
import { isOverpunched, readSigned } from '../../formats/fixed-width/sign.ts';
import { isShortenedNumber } from '../../core/text/shortened-number.ts';
import { namesMoney } from '../../connector/stream/field-names.ts';

/** Names that usually hold what a person can be recognized by. */
const PERSONAL =
  /(?<!file)name|(?:^|[^a-z])nom|prenom|prénom|adresse|courriel|owner|address|street|phone|mobile|e-?mail|birth|dob|ssn|resident|contact|payer|tenant/i;

interface Shape {
  type: ProposedField['type'];
  format?: string;
  said: string;
  test: RegExp;
}

const FIGURES: Shape = { type: 'decimal', said: 'figures with decimals', test: /^[-+(]?\$?[-+]?(\d{1,3}(,\d{3})+|\d+)?\.\d+\)?-?$/ };
/** Text for the schema, which compares figures with a point; a mapping says how they are written. */
const DECIMAL_COMMA = /^[-+(]?[-+]?(\d{1,3}([. ']\d{3})+|\d+),\d+\)?-?$/;

/** In the order in which they are tried. US order of day and month first where the values leave it open; the evidence says so. */
const SHAPES: readonly Shape[] = [
  { type: 'datetime', said: 'dates with a time', test: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?$/ },
  { type: 'date', said: 'dates YYYY-MM-DD', test: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/ },
  { type: 'date', format: 'YYYY/MM/DD', said: 'dates YYYY/MM/DD', test: /^\d{4}\/(0[1-9]|1[0-2])\/(0[1-9]|[12]\d|3[01])$/ },
  { type: 'date', format: 'MM/DD/YYYY', said: 'dates MM/DD/YYYY', test: /^(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])\/(19|20)\d\d$/ },
  { type: 'date', format: 'DD/MM/YYYY', said: 'dates DD/MM/YYYY', test: /^(0?[1-9]|[12]\d|3[01])\/(0?[1-9]|1[0-2])\/(19|20)\d\d$/ },
  { type: 'date', format: 'MM/DD/YY', said: 'dates MM/DD/YY', test: /^(0?[1-9]|1[0-2])\/(0?[1-9]|[12]\d|3[01])\/\d\d$/ },
  { type: 'date', format: 'YYYYMMDD', said: 'dates YYYYMMDD', test: /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/ },
  { type: 'date', format: 'MMDDYYYY', said: 'dates MMDDYYYY', test: /^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(19|20)\d\d$/ },
  { type: 'date', format: 'DD.MM.YYYY', said: 'dates DD.MM.YYYY', test: /^(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(19|20)\d\d$/ },
  { type: 'date', format: 'MM-DD-YYYY', said: 'dates MM-DD-YYYY', test: /^(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])-(19|20)\d\d$/ },
  FIGURES,
  { type: 'boolean', said: 'yes or no', test: /^(y|n|yes|no|true|false)$/i },
];

/** A name of money over digits without a point. */
const CENTS = 'money by its name: check whether these are cents; a mapping reads cents with parse: { money: { implied_decimals: 2 } }';

/** What each field of a sample looks like. Text first: a type is proposed only where every value that is there has it. */
export function proposeFields(sample: Sample): ProposedField[] {
  const names = fieldNames(sample);
  // Such a sample is refused; to look at each of its fields first would take minutes.
  if (names.length > MAX_FIELDS) return names.map((name) => ({ name, type: 'text', evidence: 'not looked at' }));
  return names.flatMap((name) => {
    const values = sample.map((one) => one[name]);
    const proposed = proposeField(name, values);
    return proposed.type === 'object' ? [proposed, ...insideMixed(name, values)] : [proposed];
  });
}

/** The fields of a group that some records have as a plain text: its text, and all that others have in it. */
function insideMixed(name: string, values: readonly (Value | undefined)[]): ProposedField[] {
  const texts = values.filter((value) => typeof value === 'string' && value !== '').length;
  if (texts === 0) return [];
  const names = values.flatMap((value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : []));
  return [...new Set(['text', ...names])].map((inner) => ({
    name: `${name}.${inner}`,
    type: 'text',
    optional: true,
    evidence: inner === 'text' ? `a plain text in ${outOf(texts, values.length)}` : 'in some of the groups',
  }));
}

function proposeField(name: string, values: readonly (Value | undefined)[]): ProposedField {
  const proposed = byValues(name, values);
  const shortened = values.filter((value): value is string => typeof value === 'string' && isShortenedNumber(value));
  if (shortened.length === 0) return proposed;
  const of = outOf(shortened.length, values.filter((value) => value !== undefined && value !== null && value !== '').length);
  return {
    ...proposed,
    evidence: `${proposed.evidence}; a spreadsheet shortened ${of}, such as ${shortened[0]!.trim()}: their digits are lost, and different ones may look the same. Ask for an export that no spreadsheet has saved`,
  };
}

function byValues(name: string, values: readonly (Value | undefined)[]): ProposedField {
  const there = values.filter((value) => value !== undefined && value !== null && value !== '');
  const absent = values.filter((value) => value === undefined).length;
  const personal = PERSONAL.test(name);
  const common = { name, ...(absent > 0 ? { optional: true } : {}), ...(personal ? { personal } : {}) };
  if (there.length === 0) return { ...common, type: 'text', evidence: `empty in all ${values.length.toLocaleString('en-US')}` };
  const lists = there.filter(Array.isArray).length;
  if (lists > 0) return { ...common, type: 'list', evidence: `a list in ${outOf(lists, there.length)}` };
  const groups = there.filter((value) => typeof value === 'object').length;
  if (groups > 0) return { ...common, type: 'object', evidence: `a group in ${outOf(groups, there.length)}` };

  const texts = there.map(textOf);
  const empty = there.length < values.length ? `, ${(values.length - there.length).toLocaleString('en-US')} empty` : '';
  const counted = `${outOf(texts.length, texts.length)}${empty}`;
  for (const { type, format, said, test } of SHAPES) {
    const fitting = texts.filter((text) => test.test(text.trim())).length;
    if (fitting < texts.length) continue;
    // Figures without a point next to ones with it are figures as well; eight digits may be a number of something.
    if (/^(YYYYMMDD|MMDDYYYY)$/.test(format ?? '') && texts.length < 3 && !/date|_on$|day/i.test(name)) continue;
    const open =
      format === 'MM/DD/YYYY' && texts.every((text) => Number(text.split('/')[1]) <= 12)
        ? '; no day is above 12, so DD/MM/YYYY fits too'
        : '';
    return { ...common, type, ...(format ? { format: asWritten(format, texts) } : {}), evidence: `${counted} are ${said}${open}` };
  }
  if (
    texts.some((text) => FIGURES.test.test(text.trim())) &&
    texts.every((text) => /^[-+(]?\$?[-+]?(?:[\d,]*\.\d+|[\d,]*\d)\)?-?$/.test(text.trim()))
  )
    return { ...common, type: 'decimal', evidence: `${counted} are figures, some with decimals` };
  const commas = texts.filter((text) => DECIMAL_COMMA.test(text.trim())).length;
  if (commas > texts.length / 2)
    return {
      ...common,
      type: 'text',
      evidence: `text: ${outOf(commas, texts.length)} are figures with a decimal comma; a mapping reads them with parse: { money: { decimal: "," } }`,
    };
  const whole = texts.every((text) => /^[-+]?\d+$/.test(text.trim()));
  const cents = whole && namesMoney(name) ? `; ${CENTS}` : '';
  const zeros = texts.filter((text) => /^0\d+$/.test(text.trim())).length;
  if (zeros > 0) return { ...common, type: 'text', evidence: `text: ${outOf(zeros, texts.length)} have leading zeros${cents}` };
  if (whole) return { ...common, type: 'text', evidence: `text: ${counted} are digits, treated as an identifier, not an amount${cents}` };
  const most = SHAPES.map((shape) => ({ shape, n: texts.filter((text) => shape.test.test(text.trim())).length })).reduce((a, b) =>
    b.n > a.n ? b : a,
  );
  if (most.n > texts.length / 2)
    return {
      ...common,
      type: 'text',
      evidence: `text: only ${outOf(most.n, texts.length)} are ${most.shape.said}; ${JSON.stringify(texts.find((text) => !most.shape.test.test(text.trim()))!.slice(0, 30))} is not`,
    };
  const distinct = new Set(texts).size;
  return {
    ...common,
    type: 'text',
    evidence:
      distinct <= 12 && texts.length > 3 * distinct
        ? `text: ${distinct === 1 ? 'always the same value' : `${distinct} different values`}${empty}`
        : `text: ${outOf(distinct, texts.length)} differ${empty}`,
  };
}

/** Months and days of one digit are written so: a schema that says MM would reject such a record. */
function asWritten(format: string, texts: readonly string[]): string {
  const single = /[/.-]/.test(format) && texts.some((text) => /(?<!\d)\d(?!\d)/.test(text));
  return single ? format.replace('MM', 'M').replace('DD', 'D') : format;
}

/** Fields looked at together; three already give hundreds of combinations. */
const MAX_IN_KEYS = 14;

/**
 * Combinations of fields whose values name each record of the sample, the likeliest first; equal lines and all fields where there is none.
 * Amounts differ in a small sample and are equal in the next file: they, and the fields that a trailer sums (`summed`), are only looked at
 * where nothing else names a record.
 */
export function proposeKeys(sample: Sample, fields: readonly ProposedField[], summed: readonly string[] = []): ProposedKey[] {
  const n = sample.length;
  const usable = fields.filter(
    (f) =>
      !f.optional && ['text', 'integer', 'date', 'datetime'].includes(f.type) && sample.every((values) => textOf(values[f.name]) !== ''),
  );
  const figures = usable
    .filter((f) => summed.includes(f.name) || namesMoney(f.name) || isFigure(sample, f.name) || hasCommas(sample, f.name))
    .map((f) => f.name);
  const ranked = usable
    .filter((f) => !figures.includes(f.name))
    .map((f, i) => ({
      f,
      rank: i + (/(^|[^a-z])(id|no|num|number|key|code)([^a-z]|$)|id$|num(ber)?$|no$/i.test(f.name) ? -100 : 0) + (f.personal ? 50 : 0),
    }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_IN_KEYS)
    .map(({ f }) => f.name);
  const keys = uniqueIn(sample, ranked);
  if (keys.length) return keys;
  const lone = uniqueIn(
    sample,
    figures.filter((name) => !summed.includes(name)),
    1,
  ).map((key) => ({
    ...key,
    evidence: `${key.evidence}, but it looks like an amount, which may come twice: ask the vendor what identifies a record`,
  }));
  if (lone.length) return lone;
  const distinct = new Set(sample.map((values) => JSON.stringify(values))).size;
  const best = ranked.slice(0, 3);
  return [
    {
      fields: best.length ? best : [fields[0]?.name ?? 'id'],
      repeats: 'number',
      evidence: `no one, two or three fields identify every record (${outOf(distinct, n)} whole records differ): equal ones are identified by their order; ask the vendor what identifies a record`,
    },
  ];
}

/** The combinations of as few of these fields as possible, of which no two records have the same values. */
function uniqueIn(sample: Sample, names: readonly string[], most = 3): ProposedKey[] {
  // Nearly every combination fails on the first records already.
  const few = sample.slice(0, 1000);
  const keys: ProposedKey[] = [];
  for (let size = 1; size <= most && keys.length === 0; size++)
    for (const some of combinations(names, size)) {
      const differ = (records: Sample) => new Set(records.map((values) => JSON.stringify(some.map((name) => textOf(values[name]))))).size;
      if (differ(few) < few.length) continue;
      const distinct = differ(sample);
      if (distinct === sample.length)
        keys.push({ fields: some, evidence: `${outOf(distinct, sample.length)} values differ, none is empty` });
      if (keys.length >= 5) break;
    }
  return keys;
}

function hasCommas(sample: Sample, name: string): boolean {
  return sample.slice(0, 1000).every((values) => DECIMAL_COMMA.test(textOf(values[name]).trim()));
}

/** Digits filled up with zeros, of very different size, and in no order: a figure such as 0002450, which a running number is not. Longer: several columns. */
export function isFigure(sample: Sample, name: string): boolean {
  const written = sample.slice(0, 1000).map((values) => textOf(values[name]));
  if (areZoned(written)) return true;
  // A minus may come after.
  const texts = written.map((text) => text.replace(/[-+]$/, ''));
  const width = texts[0]?.length ?? 0;
  if (texts.length < 3 || width < 5 || width > 13 || !texts.every((text) => text.length === width && /^\d+$/.test(text))) return false;
  const zeros = texts.map((text) => /^0*/.exec(text)![0].length);
  const rising = texts.every((text, i) => i === 0 || text >= texts[i - 1]!);
  return !rising && Math.min(...zeros) > 0 && Math.max(...zeros) - Math.min(...zeros) >= 2;
}

/** Figures of mainframes, with the sign in the last digit (`sign: overpunch`). */
export function areZoned(texts: readonly string[]): boolean {
  const signs = new Set(texts.map((text) => text.at(-1)).filter(isOverpunched));
  return (
    texts.length >= 3 &&
    signs.size >= Math.min(4, texts.length) &&
    texts.every((text) => text.length > 3 && readSigned(text, 'overpunch') !== undefined)
  );
}

function* combinations(names: readonly string[], size: number, from = 0): Generator<string[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i < names.length; i++) for (const rest of combinations(names, size - 1, i + 1)) yield [names[i]!, ...rest];
}
