import { withoutTrailing } from '../../../core/text/trailing.ts';
import { isCalendarDate } from '../../../core/time/time.ts';
import type { ServerType } from '../column-types.ts';
import { comparable } from '../changes/positions.ts';
import type { Comparable } from '../changes/positions.ts';

/**
 * A text made ready to be stored in a column, exactly: the SQL converts the parameter to the column's own type, by styles that no
 * language of the login turns around. A text instead says why the column cannot hold this value, to stand after "The value for X …";
 * the value itself is not in it. What the server would silently round or cut is refused here: a cent more or less is not the
 * server's to decide. datetime keeps 1/300 of a second, and takes the nearest.
 */
export function storable(type: ServerType, value: string): Comparable | string {
  const text = value.trim();
  switch (type.name) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint': {
      if (!/^[+-]?\d{1,40}$/.test(text)) return 'is not a whole number';
      const [least, most] = WHOLE[type.name];
      const number = BigInt(text.replace('+', ''));
      return number < least || number > most ? `is too large for ${type.name}` : made(type.name, text);
    }
    case 'decimal':
    case 'numeric':
      return decimal(text, type.precision ?? 38, type.scale ?? 0) ?? made(`decimal(${type.precision ?? 38},${type.scale ?? 0})`, text);
    case 'money':
      return decimal(text, 19, 4) ?? within(text, MONEY, 'money') ?? made('money', text);
    case 'smallmoney':
      return decimal(text, 10, 4) ?? within(text, SMALL_MONEY, 'smallmoney') ?? made('smallmoney', text);
    case 'float':
    case 'real':
      return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? made(type.name, text) : 'is not a number';
    case 'date':
      return day(text, 1) ?? noTime(text) ?? made('date', text.slice(0, 10), 23);
    case 'smalldatetime':
      return (
        day(text, 1900, 2078) ??
        (/\d\d:\d\d:(?!00(?:\.0*)?$)/.test(text) ? 'has seconds, but the column keeps only minutes' : moment(type, text))
      );
    case 'datetime':
      return day(text, 1753) ?? finer(text, 3) ?? moment(type, text);
    case 'datetime2':
      return day(text, 1) ?? finer(text, type.scale ?? 7) ?? moment(type, text);
    case 'datetimeoffset':
      return day(text, 1) ?? moment(type, text.replace(' ', 'T'));
    case 'binary':
    case 'varbinary':
    case 'image':
      if (!/^0x([0-9a-f]{2})*$/i.test(text)) return 'is not binary such as 0x07D1';
      if (type.length !== undefined && type.length > 0 && type.length < 8001 && (text.length - 2) / 2 > type.length)
        return `is longer than the ${type.length} bytes that the column holds`;
      return made('varbinary(max)', text, 1);
    case 'nchar':
    case 'nvarchar':
      if (type.length !== undefined && type.length > 0 && value.length > type.length) return tooLong(type.length);
      return { parameter: value, sql: (name) => name };
    case 'char':
    case 'varchar':
      // Bytes: of other letters the server knows how many they take.
      if (type.length !== undefined && type.length > 0 && value.length > type.length && /^[\0-\x7F]*$/.test(value))
        return tooLong(type.length);
      return { parameter: value, sql: (name) => name };
    case 'text':
      return made('varchar(max)', value);
    case 'ntext':
      return made('nvarchar(max)', value);
    case 'xml':
      return made('xml', value);
    case 'bit':
    case 'time':
    case 'uniqueidentifier': {
      const same = comparable(type, value);
      return typeof same === 'string' ? same.replace(/^cannot be compared with/, 'cannot be written to') : same;
    }
    default:
      return `cannot be written to a column of type ${type.name}`;
  }
}

/** Types that values can be written to; rowversion is the server's own. */
export function isStorable(type: ServerType): boolean {
  return STORABLE.has(type.name);
}

function tooLong(characters: number): string {
  return `is longer than the ${characters} ${characters === 1 ? 'character' : 'characters'} that the column holds`;
}

const STORABLE = new Set(
  (
    'tinyint smallint int bigint bit decimal numeric money smallmoney float real date time datetime datetime2 smalldatetime datetimeoffset ' +
    'char varchar nchar nvarchar text ntext xml binary varbinary image uniqueidentifier'
  ).split(' '),
);
const WHOLE = {
  tinyint: [0n, 255n],
  smallint: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  bigint: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const;
/** In ten thousandths. */
const MONEY = 9_223_372_036_854_775_807n;
const SMALL_MONEY = 2_147_483_647n;

function made(to: string, parameter: string, style?: number): Comparable {
  return { parameter, sql: (name) => `CONVERT(${to}, ${name}${style === undefined ? '' : `, ${style}`})` };
}

function decimal(text: string, precision: number, scale: number): string | undefined {
  const m = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))$/.exec(text);
  if (!m) return 'is not a number';
  const decimals = withoutTrailing(m[2] ?? m[3] ?? '', '0').length;
  if (decimals > scale) return `has ${decimals} decimals, but the column holds ${scale}`;
  const whole = (m[1] ?? '').replace(/^0+/, '').length;
  return whole > precision - scale ? `is too large: the column holds ${precision - scale} digits before the decimal point` : undefined;
}

function within(text: string, most: bigint, type: string): string | undefined {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  return BigInt(`${whole}${fraction.slice(0, 4).padEnd(4, '0')}` || '0') > most ? `is too large for ${type}` : undefined;
}

function day(text: string, first: number, last = 9999): string | undefined {
  const m = /^(\d{4})-(\d\d)-(\d\d)(?:$|[T ])/.exec(text);
  if (!m || !isCalendarDate(Number(m[1]), Number(m[2]), Number(m[3]))) return 'is not a day that exists, such as 2026-06-15';
  return Number(m[1]) < first || Number(m[1]) > last ? `is outside of the years ${first} to ${last} that the column holds` : undefined;
}

function noTime(text: string): string | undefined {
  return text.length === 10 || /^.{10}[T ]00:00(:00(\.0+)?)?$/.test(text) ? undefined : 'has a time of day, but the column holds only days';
}

function finer(text: string, digits: number): string | undefined {
  const fraction = withoutTrailing(/\.(\d+)$/.exec(text)?.[1] ?? '', '0');
  return fraction.length > digits ? `has ${fraction.length} digits after the second, but the column holds ${digits}` : undefined;
}

function moment(type: ServerType, text: string): Comparable | string {
  const time = /[T ](\d\d):(\d\d)(?::(\d\d))?/.exec(text);
  if (time && (Number(time[1]) > 23 || Number(time[2]) > 59 || Number(time[3] ?? 0) > 59)) return 'is not a time of day that exists';
  return comparable(type, text);
}
