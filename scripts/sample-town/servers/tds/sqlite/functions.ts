// What T-SQL does and SQLite does not: exact decimals, T-SQL's date and text functions, conversions, checked storing.
import { isFloat, isPadded } from '../wire/column-types.ts';
import { convertValue, storeValue, typeSpelled } from '../values/conversions.ts';
import type { StoreTarget } from '../values/conversions.ts';
import { addToDate, datePart, dateDifference } from '../values/date-arithmetic.ts';
import { calculate, compareDecimals, formatDecimal, formatFor, readDecimal, rescale, sortKey } from '../values/decimals.ts';
import { fixedSizes } from '../catalog/type-facts.ts';
import { likePattern } from '../parse/like-patterns.ts';
import { SqlServerError, divideByZero } from '../execute/sql-errors.ts';
import type { SqliteDatabase, SqliteValue } from './sqlite.ts';

type Number_ = string | number | bigint;

/** Defines the functions on a session's own SQLite connection. `stores` is where the session keeps what tds_store refers to. */
export function defineFunctions(db: SqliteDatabase, stores: readonly StoreTarget[]): void {
  const define = (name: string, run: (...values: never[]) => SqliteValue | boolean): void => {
    db.function(name, { deterministic: true, varargs: true, safeIntegers: true }, (...values) => {
      const result = (run as (...values: SqliteValue[]) => SqliteValue | boolean)(...values);
      return typeof result === 'boolean' ? (result ? 1 : 0) : result;
    });
  };
  const strict = (name: string, run: (...values: never[]) => SqliteValue | boolean): void => {
    define(name, (...values: SqliteValue[]) =>
      values.includes(null) ? null : (run as (...values: SqliteValue[]) => SqliteValue)(...values),
    );
  };

  define('tds_convert', (value: SqliteValue, from: string, to: string, style: SqliteValue) =>
    convertValue(value, typeSpelled(from), typeSpelled(to), style === undefined || style === null ? undefined : Number(style)),
  );
  define('tds_try_convert', (value: SqliteValue, from: string, to: string, style: SqliteValue) => {
    try {
      return convertValue(value, typeSpelled(from), typeSpelled(to), style === undefined || style === null ? undefined : Number(style));
    } catch (error) {
      if (error instanceof SqlServerError && error.number < 40000) return null;
      throw error;
    }
  });
  define('tds_store', (value: SqliteValue, position: bigint) => {
    const target = stores[Number(position)] as StoreTarget;
    target.last = storeValue(value, target);
    return target.last;
  });
  strict('tds_pad', (text: SqliteValue, length: bigint) => String(text).padEnd(Number(length)));
  strict('tds_fold', (text: string) => text.toLowerCase().replace(/ +$/, ''));

  strict('tds_decimal', (value: Number_, type: string) => formatFor(readDecimal(value), typeSpelled(type)));
  strict('tds_calculate', (operator: string, left: Number_, right: Number_, type: string) => {
    const result = typeSpelled(type);
    return formatFor(calculate(operator, readDecimal(left), readDecimal(right), result.scale), result);
  });
  strict('tds_compare', (left: Number_, right: Number_) => BigInt(compareDecimals(readDecimal(left), readDecimal(right))));
  strict('tds_decimal_key', (value: Number_) => sortKey(readDecimal(value)));
  strict('tds_round', (value: Number_, digits: bigint, truncate: bigint, type: string) =>
    roundTo(value, Number(digits), truncate !== 0n, type),
  );
  strict('tds_floor', (value: Number_, type: string) => toWhole(value, type, -1n));
  strict('tds_ceiling', (value: Number_, type: string) => toWhole(value, type, 1n));
  strict('tds_divide', (left: bigint, right: bigint) => {
    if (right === 0n) throw divideByZero();
    return left / right;
  });
  strict('tds_modulo', (left: bigint, right: bigint) => {
    if (right === 0n) throw divideByZero();
    return left % right;
  });
  strict('tds_float_divide', (left: SqliteValue, right: SqliteValue) => {
    if (Number(right) === 0) throw divideByZero();
    return Number(left) / Number(right);
  });

  strict('tds_like', (text: string, pattern: string, escape: string) => likePattern(pattern, escape).test(text));
  strict('tds_upper', (text: string) => text.toUpperCase());
  strict('tds_lower', (text: string) => text.toLowerCase());
  strict('tds_substring', (text: SqliteValue, start: bigint, length: bigint) =>
    substring(text as string | Buffer, Number(start), Number(length)),
  );
  strict('tds_replace', (text: string, search: string, replacement: string) => replaceIgnoringCase(text, search, replacement));
  strict('tds_charindex', (search: string, text: string, start: bigint) =>
    BigInt(text.toLowerCase().indexOf(search.toLowerCase(), Math.max(0, Number(start) - 1)) + 1),
  );
  strict('tds_datalength', (value: SqliteValue, type: string) => BigInt(dataLength(value, type)));
  strict('tds_replicate', (text: string, count: bigint) => (count < 0n ? null : text.repeat(Number(count))));

  strict('tds_datepart', (part: string, value: string) => BigInt(datePart(part, value)));
  strict('tds_dateadd', (part: string, amount: bigint, value: string, type: string) =>
    addToDate(part, Number(amount), value, typeSpelled(type)),
  );
  strict('tds_datediff', (part: string, from: string, to: string) => BigInt(dateDifference(part, from, to)));

  const exact = { deterministic: true, safeIntegers: true } as const;
  db.aggregate('tds_sum', {
    ...exact,
    start: () => ({ units: 0n, scale: 0, seen: false }),
    step: (sum: { units: bigint; scale: number; seen: boolean }, value: SqliteValue) => {
      if (value === null) return sum;
      const next = readDecimal(value as Number_);
      const scale = Math.max(sum.scale, next.scale);
      return { units: rescale(sum, scale).units + rescale(next, scale).units, scale, seen: true };
    },
    result: (sum: { units: bigint; scale: number; seen: boolean }) => (sum.seen ? formatDecimal(sum) : null),
  });
  for (const [name, wanted] of [
    ['tds_min', -1],
    ['tds_max', 1],
  ] as const) {
    db.aggregate(name, {
      ...exact,
      start: () => ({ best: null as SqliteValue }),
      step: (state: { best: SqliteValue }, value: SqliteValue) => {
        if (value === null) return state;
        if (state.best === null || compareDecimals(readDecimal(value as Number_), readDecimal(state.best as Number_)) === wanted)
          return { best: value };
        return state;
      },
      result: (state: { best: SqliteValue }) => state.best,
    });
  }
}

function roundTo(value: Number_, digits: number, truncate: boolean, spelling: string): SqliteValue {
  const type = typeSpelled(spelling);
  if (isFloat(type)) {
    const factor = 10 ** digits;
    return truncate
      ? Math.trunc(Number(value) * factor) / factor
      : (Math.sign(Number(value)) * Math.round(Math.abs(Number(value)) * factor)) / factor;
  }
  const exact = readDecimal(value);
  const kept = Math.max(digits, -37);
  if (kept >= exact.scale) return formatFor(exact, type);
  const divisor = 10n ** BigInt(exact.scale - kept);
  const sign = exact.units < 0n ? -1n : 1n;
  const magnitude = exact.units * sign;
  const rounded = ((truncate ? magnitude : magnitude + divisor / 2n) / divisor) * divisor * sign;
  const text = formatFor({ units: rounded, scale: exact.scale }, { ...type, precision: type.precision });
  return type.precision === 0 ? BigInt(text) : text;
}

function toWhole(value: Number_, spelling: string, direction: bigint): SqliteValue {
  const type = typeSpelled(spelling);
  if (isFloat(type)) return direction < 0n ? Math.floor(Number(value)) : Math.ceil(Number(value));
  const exact = readDecimal(value);
  const divisor = 10n ** BigInt(exact.scale);
  const cut = exact.units / divisor;
  const inexact = exact.units % divisor !== 0n && exact.units > 0n === direction > 0n;
  return formatFor({ units: inexact ? cut + direction : cut, scale: 0 }, type);
}

function substring(text: string | Buffer, start: number, length: number): string | Buffer {
  if (length < 0)
    throw new SqlServerError({ number: 537, state: 3, message: 'Invalid length parameter passed to the LEFT or SUBSTRING function.' });
  const from = Math.max(0, start - 1);
  const to = Math.max(from, start - 1 + length);
  return typeof text === 'string' ? text.slice(from, to) : text.subarray(from, to);
}

function replaceIgnoringCase(text: string, search: string, replacement: string): string {
  if (search === '') return text;
  const [folded, wanted] = [text.toLowerCase(), search.toLowerCase()];
  let result = '';
  let at = 0;
  for (let found = folded.indexOf(wanted); found >= 0; found = folded.indexOf(wanted, at)) {
    result += text.slice(at, found) + replacement;
    at = found + search.length;
  }
  return result + text.slice(at);
}

function dataLength(value: SqliteValue, spelling: string): number {
  const type = typeSpelled(spelling);
  if (Buffer.isBuffer(value)) return value.length;
  const characters = isPadded(type) ? type.length : String(value).length;
  return fixedSizes[type.name] ?? (type.name.startsWith('n') && type.name !== 'numeric' ? characters * 2 : characters);
}
