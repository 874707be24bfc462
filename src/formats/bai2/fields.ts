import type { Value, Values } from '../../core/record.ts';
import { minorDigits } from '../../core/money.ts';

/** What is wrong with a field, in words; caught by the reader, which knows the file and the line. */
export class Bai2Defect extends Error {}

/** An amount with implied decimals as digits; undefined when it is left out. */
export function wholeAmount(text: string | undefined, what: string): bigint | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[-+]?\d{1,30}$/.test(text))
    throw new Bai2Defect(`${what} is ${JSON.stringify(text.slice(0, 30))}, which is not a whole number of the smallest currency unit`);
  return BigInt(text.replace('+', ''));
}

/** `000000000002500` in USD is 25.00; null when left out. */
export function decimalAmount(text: string | undefined, currency: string, what: string): string | null {
  const whole = wholeAmount(text, what);
  if (whole === undefined) return null;
  const digits = minorDigits(currency);
  const padded = String(whole < 0n ? -whole : whole).padStart(digits + 1, '0');
  const sign = whole < 0n ? '-' : '';
  return sign + (digits ? `${padded.slice(0, -digits)}.${padded.slice(-digits)}` : padded);
}

/** How the amount becomes available: the funds type and the fields that belong to it. */
export interface Funds {
  values: { funds_type: Value; value_date: Value; value_time: Value; availability: Value };
  /** The index of the field behind. */
  next: number;
}

/** Funds types: 0, 1, 2 days; S three amounts; V date and time; D a count and pairs of days and amount; Z or none unknown. */
export function fundsAt(fields: readonly string[], at: number, currency: string): Funds {
  const type = (fields[at] ?? '').toUpperCase();
  const values: Funds['values'] = { funds_type: type === '' ? null : type, value_date: null, value_time: null, availability: [] };
  let next = at + 1;
  if (type === 'S') {
    values.availability = ['0', '1', '2'].map((days, i) => ({
      days,
      amount: decimalAmount(fields[next + i], currency, 'an availability amount'),
    }));
    next += 3;
  } else if (type === 'V') {
    values.value_date = fields[next] || null;
    values.value_time = fields[next + 1] || null;
    next += 2;
  } else if (type === 'D') {
    const count = Number(fields[next] || 0);
    if (!Number.isInteger(count) || count < 0 || count > 99)
      throw new Bai2Defect(`the number of availability distributions is ${JSON.stringify((fields[next] ?? '').slice(0, 10))}`);
    values.availability = Array.from({ length: count }, (_, i): Values => ({
      days: fields[next + 1 + 2 * i] || null,
      amount: decimalAmount(fields[next + 2 + 2 * i], currency, 'an availability amount'),
    }));
    next += 1 + 2 * count;
  } else if (!['', '0', '1', '2', 'Z'].includes(type))
    throw new Bai2Defect(`the funds type is ${JSON.stringify(type.slice(0, 10))}, but only 0, 1, 2, S, V, D and Z exist`);
  return { values, next };
}

/** The summaries of an account (03): type code, amount, item count, funds. A stray empty field before a comma-slash ending is passed over. */
export function summariesOf(fields: readonly string[], currency: string): { summaries: Values[]; total: bigint } {
  const summaries: Values[] = [];
  let total = 0n;
  let at = 2;
  while (at < fields.length) {
    const code = fields[at]!;
    if (code === '') {
      at++;
      continue;
    }
    if (!/^\d{3}$/.test(code))
      throw new Bai2Defect(`a summary has the type code ${JSON.stringify(code.slice(0, 20))}, which must be three digits`);
    const amount = decimalAmount(fields[at + 1], currency, `the amount of ${code}`);
    total += wholeAmount(fields[at + 1], `the amount of ${code}`) ?? 0n;
    const funds = fundsAt(fields, at + 3, currency);
    summaries.push({ type_code: code, amount, item_count: fields[at + 2] || null, ...funds.values });
    at = funds.next;
  }
  return { summaries, total };
}
