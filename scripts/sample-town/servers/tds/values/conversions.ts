// CAST, CONVERT and the implicit conversions, on values as SQLite holds them; and the checks of a value that is to be stored.
import {
  MAX,
  describeType,
  isBinary,
  isDecimal,
  isFloat,
  isInteger,
  isMoment,
  isPadded,
  isText,
  typeFromName,
} from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { formatDecimal, formatFor, parseDecimal, readDecimal, rescale } from './decimals.ts';
import { calendarDay, days1900, formatClock, formatDay, formatMoment, parseMoment, ticksPerDay } from './dates.ts';
import type { Moment } from './dates.ts';
import { SqlServerError, badConversion, nullRefused, overflow, tooLong, unsupported } from '../execute/sql-errors.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import { guidBytes, guidText } from '../wire/text.ts';

type Present = Exclude<SqliteValue, null>;

/** Text is cut to the target's length, as CAST does; numbers that do not fit throw. */
export function convertValue(value: SqliteValue, from: SqlType, to: SqlType, style?: number): SqliteValue {
  if (value === null) return null;
  if (isText(to)) return fitText(toText(value, from, to, style), to);
  if (isInteger(to)) return toInteger(value, from, to);
  if (isDecimal(to)) return toDecimal(value, from, to);
  if (isFloat(to)) return toFloat(value, from, to);
  if (isMoment(to)) return formatMoment(toMoment(value, from, style), to);
  if (isBinary(to)) return fitBinary(toBinary(value, from, to, style), to);
  if (to.name === 'uniqueidentifier') return toGuid(value, from);
  throw unsupported(`a conversion from ${from.name} to ${to.name}`);
}

const typesBySpelling = new Map<string, SqlType>();

/** The inverse of describeType, remembered: SQL text carries types to the functions as their names. */
export function typeSpelled(spelling: string): SqlType {
  let type = typesBySpelling.get(spelling);
  if (type === undefined) {
    const match = /^([a-z0-9]+)(?:\((.*)\))?$/.exec(spelling);
    type =
      spelling === 'null'
        ? { name: 'null', length: 0, precision: 0, scale: 0 }
        : typeFromName(match?.[1] ?? '', match?.[2]?.split(',') ?? []);
    if (type === undefined) throw new Error(`no type ${spelling}`);
    typesBySpelling.set(spelling, type);
  }
  return type;
}

function toText(value: Present, from: SqlType, to: SqlType, style?: number): string {
  if (isText(from)) return isPadded(from) && !isPadded(to) ? padTo(String(value), from) : String(value);
  if (isMoment(from))
    return momentText(parseMoment(String(value)), from, style ?? (from.name === 'datetime' || from.name === 'smalldatetime' ? 0 : 121));
  if (isDecimal(from)) {
    const exact = readDecimal(value as string | number | bigint);
    if (from.name === 'money' || from.name === 'smallmoney') return formatDecimal(rescale(exact, style === 2 ? 4 : 2));
    return formatFor(exact, from);
  }
  if (isFloat(from)) return String(Number(Number(value).toPrecision(style === 3 ? 17 : 6)));
  if (Buffer.isBuffer(value)) {
    if (style === 1 || style === 2) return `${style === 1 ? '0x' : ''}${value.toString('hex').toUpperCase()}`;
    return to.name.startsWith('n') ? value.toString('ucs2') : value.toString('latin1');
  }
  return String(value);
}

function padTo(text: string, type: SqlType): string {
  return type.length > 0 ? text.padEnd(type.length) : text;
}

function fitText(text: string, to: SqlType): string {
  const cut = to.length > 0 && text.length > to.length ? text.slice(0, to.length) : text;
  return isPadded(to) ? cut.replace(/ +$/, '') : cut;
}

const limits: Record<string, [bigint, bigint]> = {
  bit: [0n, 1n],
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

function toInteger(value: Present, from: SqlType, to: SqlType): bigint {
  const whole = wholeNumber(value, from, to);
  if (to.name === 'bit') return whole === 0n ? 0n : 1n;
  const [lowest, highest] = limits[to.name] as [bigint, bigint];
  if (whole < lowest || whole > highest) throw overflow(to.name);
  return whole;
}

function wholeNumber(value: Present, from: SqlType, to: SqlType): bigint {
  if (Buffer.isBuffer(value)) return value.length === 0 ? 0n : BigInt.asIntN(64, BigInt(`0x${value.subarray(-8).toString('hex')}`));
  if (isText(from)) {
    const text = String(value).trim();
    if (to.name === 'bit' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1n : 0n;
    if (text !== '' && !/^[+-]?\d+$/.test(text)) throw badConversion(from.name, String(value), to.name);
    return BigInt(text.replace(/^\+/, ''));
  }
  if (isMoment(from)) {
    const { days, ticks } = parseMoment(String(value));
    return BigInt(days - days1900 + (ticks >= ticksPerDay / 2 ? 1 : 0));
  }
  if (isFloat(from)) return BigInt(Math.trunc(Number(value)));
  if (isDecimal(from)) return truncated(value as string | number | bigint, from);
  return BigInt(value as number | bigint);
}

/** To an integer a decimal is cut, money is rounded. */
function truncated(value: string | number | bigint, from: SqlType): bigint {
  const exact = readDecimal(value);
  if (from.name === 'money' || from.name === 'smallmoney') return rescale(exact, 0).units;
  return exact.units / 10n ** BigInt(exact.scale);
}

function toDecimal(value: Present, from: SqlType, to: SqlType): string {
  if (Buffer.isBuffer(value) || isMoment(from)) throw unsupported(`a conversion from ${from.name} to ${to.name}`);
  if (isText(from)) {
    const text = String(value).trim();
    const money = to.name === 'money' || to.name === 'smallmoney';
    return formatFor(parseDecimal(money ? (text === '' ? '0' : text.replaceAll(/[$,]/g, '')) : text), to);
  }
  return formatFor(readDecimal(value), to);
}

function toFloat(value: Present, from: SqlType, to: SqlType): number {
  if (Buffer.isBuffer(value)) throw unsupported(`a conversion from ${from.name} to ${to.name}`);
  const number = Number(typeof value === 'string' ? value.trim() : value);
  if (Number.isNaN(number))
    throw new SqlServerError({ number: 8114, state: 5, message: `Error converting data type ${from.name} to ${to.name}.` });
  return number;
}

function toMoment(value: Present, from: SqlType, style?: number): Moment {
  if (Buffer.isBuffer(value)) throw unsupported(`a conversion from ${from.name} to a date`);
  if (isMoment(from)) {
    const moment = parseMoment(String(value));
    // A DATETIME holds 1/300 s; seen as DATETIME2 .003 is .0033333 (SQL Server 2016 and later).
    return from.name === 'datetime'
      ? { days: moment.days, ticks: Math.round((Math.round((moment.ticks * 3) / 100_000) * 100_000) / 3) }
      : moment;
  }
  if (isText(from)) return parseMoment(style === 103 || style === 104 || style === 105 ? dayFirst(String(value)) : String(value));
  const days = Number(value);
  return { days: days1900 + Math.floor(days), ticks: Math.round((days - Math.floor(days)) * ticksPerDay) };
}

function dayFirst(text: string): string {
  return text.replace(/^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})/, '$3-$2-$1');
}

/** The date styles of CONVERT that people write. */
function momentText(moment: Moment, from: SqlType, style: number): string {
  const { year, month, day } = calendarDay(moment.days);
  const [yyyy, mm, dd] = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')];
  const seconds = formatClock(moment.ticks, 0);
  const digits = from.name === 'datetime' ? 3 : from.name === 'smalldatetime' || from.name === 'date' ? 0 : from.scale;
  const precise = formatClock(moment.ticks, digits);
  if (from.name === 'time') return style === 8 || style === 108 ? seconds : precise;
  const [onlyDate, hours] = [from.name === 'date', Math.floor(moment.ticks / 36_000_000_000)];
  switch (style) {
    case 1:
      return `${mm}/${dd}/${yyyy.slice(2)}`;
    case 101:
      return `${mm}/${dd}/${yyyy}`;
    case 102:
      return `${yyyy}.${mm}.${dd}`;
    case 103:
      return `${dd}/${mm}/${yyyy}`;
    case 104:
      return `${dd}.${mm}.${yyyy}`;
    case 105:
      return `${dd}-${mm}-${yyyy}`;
    case 108:
      return seconds;
    case 110:
      return `${mm}-${dd}-${yyyy}`;
    case 111:
      return `${yyyy}/${mm}/${dd}`;
    case 12:
      return `${yyyy.slice(2)}${mm}${dd}`;
    case 112:
      return `${yyyy}${mm}${dd}`;
    case 114:
      return formatClock(moment.ticks, 3).replace('.', ':');
    case 20:
    case 120:
      return onlyDate ? formatDay(moment.days) : `${formatDay(moment.days)} ${seconds}`;
    case 21:
    case 121:
      return onlyDate ? formatDay(moment.days) : `${formatDay(moment.days)} ${precise}`;
    case 23:
      return formatDay(moment.days);
    case 126:
      return onlyDate ? formatDay(moment.days) : `${formatDay(moment.days)}T${moment.ticks % 10_000_000 === 0 ? seconds : precise}`;
    case 127:
      return onlyDate ? formatDay(moment.days) : `${formatDay(moment.days)}T${moment.ticks % 10_000_000 === 0 ? seconds : precise}Z`;
    case 0:
    case 100: {
      const name = 'JanFebMarAprMayJunJulAugSepOctNovDec'.slice(month * 3 - 3, month * 3);
      const clock = `${String(hours % 12 === 0 ? 12 : hours % 12).padStart(2)}:${seconds.slice(3, 5)}${hours < 12 ? 'AM' : 'PM'}`;
      return `${name} ${String(day).padStart(2)} ${yyyy}${onlyDate ? '' : ` ${clock}`}`;
    }
    default:
      throw unsupported(`CONVERT with style ${style}`);
  }
}

function toBinary(value: Present, from: SqlType, to: SqlType, style?: number): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (isInteger(from)) {
    const size = { bit: 1, tinyint: 1, smallint: 2, int: 4, bigint: 8 }[from.name as 'int'];
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(value as number | bigint));
    const number = bytes.subarray(8 - size);
    // A number goes to the right end of a longer binary, text and binary to the left.
    const length = to.length === MAX || to.name === 'varbinary' ? Math.min(size, to.length === MAX ? size : to.length) : to.length;
    return length <= size ? number.subarray(size - length) : Buffer.concat([Buffer.alloc(length - size), number]);
  }
  if (isText(from)) {
    if (style === 1 || style === 2) {
      const hex = String(value).replace(/^0x/i, '');
      if (hex.length % 2 === 1 || /[^0-9a-f]/i.test(hex))
        throw new SqlServerError({ number: 8114, state: 5, message: `Error converting data type ${from.name} to varbinary.` });
      return Buffer.from(hex, 'hex');
    }
    return from.name.startsWith('n')
      ? Buffer.from(String(value), 'ucs2')
      : Buffer.from(padTo(String(value), isPadded(from) ? from : { ...from, length: 0 }), 'latin1');
  }
  if (from.name === 'uniqueidentifier') return guidBytes(String(value));
  throw unsupported(`a conversion from ${from.name} to ${to.name}`);
}

function fitBinary(bytes: Buffer, to: SqlType): Buffer {
  if (to.length === MAX || to.length === 0) return bytes;
  const cut = bytes.length > to.length ? bytes.subarray(0, to.length) : bytes;
  return to.name === 'varbinary' || cut.length === to.length ? cut : Buffer.concat([cut, Buffer.alloc(to.length - cut.length)]);
}

function toGuid(value: Present, from: SqlType): string {
  if (Buffer.isBuffer(value)) return guidText(value.subarray(0, 16));
  if (isText(from) || from.name === 'uniqueidentifier') return guidText(guidBytes(String(value).trim().slice(0, 38)));
  throw unsupported(`a conversion from ${from.name} to uniqueidentifier`);
}

/** A column that a value is to be stored in, with the type the value has. */
export interface StoreTarget {
  from: SqlType;
  to: SqlType;
  /** database.schema.table, as error messages name it. */
  table: string;
  column: string;
  nullable: boolean;
  native: boolean;
  statement: 'INSERT' | 'UPDATE';
  /** The last value that went through, for the message of a duplicate key. */
  last: SqliteValue;
}

/** Converts for storage. Unlike CAST it does not cut text: 2628 says what would be lost. */
export function storeValue(value: SqliteValue, target: StoreTarget): SqliteValue {
  const { from, to, table, column } = target;
  if (value === null) {
    if (!target.nullable) throw nullRefused(column, table, target.statement);
    return null;
  }
  if (isText(to)) {
    const whole = toText(value, from, to);
    const text = isPadded(to) ? whole.replace(/ +$/, '') : whole;
    // Trailing blanks that do not fit are dropped silently, as ANSI_PADDING does.
    const significant = text.length > to.length && to.length > 0 ? text.replace(/ +$/, '') : text;
    if (to.length > 0 && significant.length > to.length) throw tooLong(table, column, significant.slice(0, Math.min(to.length, 100)));
    return to.length > 0 ? text.slice(0, to.length) : text;
  }
  if (isBinary(to) && to.length > 0) {
    const bytes = toBinary(value, from, to);
    if (bytes.length > to.length) throw tooLong(table, column, '');
    return fitBinary(bytes, to);
  }
  const stored = convertValue(value, from, to);
  if (target.native && typeof stored === 'string' && stored.replaceAll(/[-.]/g, '').replace(/^0+/, '').length > 15) {
    throw new SqlServerError({
      number: 40004,
      message: `the sample-town TDS endpoint cannot store ${stored} in ${table}.${column}: more than 15 digits need the column declared as ${describeType(to).replace('(', ' TEXT(')}`,
    });
  }
  return stored;
}
