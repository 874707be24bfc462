import type { QuerySpec } from '../transport.ts';

/** A column's type as the server names it, without alias types: `numeric`, `datetime2`, `timestamp` for rowversion. */
export interface ServerType {
  name: string;
  /** Characters or bytes; -1 for max. */
  length?: number;
  precision?: number;
  /** Decimals, or digits of a second. */
  scale?: number;
}
export type DeclaredType = QuerySpec['columns'][number]['type'];

/** How a column is read: what is selected, and what makes the driver's value (text but for floats) the exact text. */
export interface Reading {
  select: string;
  /** For values that are not null. undefined: the driver's value is the text already. */
  finish?: (value: string | number) => string;
}

/**
 * How a column of this type is read as exact text. The driver would make floats of NUMERIC and MONEY and milliseconds of DATETIME2(7),
 * so the server makes the text:
 *   decimal, money   1234.50000 with all the decimals the type has
 *   date, time       2026-06-15, 13:45:00.1234567
 *   datetime…        2026-06-15T13:45:00.123 (style 126, without a fraction when it is zero); datetimeoffset with its offset
 *   binary           0x00000000000007D1, rowversion too
 *   bit              1 or 0
 *   char, nchar      without the blanks that fill it: padding is the type's, not the clerk's
 *   float, real      the shortest text that gives the same number again
 * Declared as `date`, a datetime at midnight is read as its date; declared as `integer`, a decimal loses a fraction of zeros.
 * undefined: the type has no exact text (sql_variant, geography, CLR types).
 */
export function readingOf(type: ServerType, expression: string, declared: DeclaredType): Reading | undefined {
  const select = selectText(type, expression);
  if (select === undefined) return undefined;
  const finish = finishOf(type, declared);
  return finish ? { select, finish } : { select };
}

function selectText(type: ServerType, e: string): string | undefined {
  switch (type.name) {
    case 'float':
    case 'real':
    case 'varchar':
    case 'nvarchar':
      return e;
    case 'char':
    case 'nchar':
      return `RTRIM(${e})`;
    case 'int':
    case 'smallint':
    case 'tinyint':
    case 'bigint':
      return `CONVERT(varchar(20), ${e})`;
    case 'bit':
      return `CONVERT(varchar(1), ${e})`;
    case 'decimal':
    case 'numeric':
      return `CONVERT(varchar(60), ${e})`;
    case 'money':
    case 'smallmoney':
      return `CONVERT(varchar(60), ${e}, 2)`;
    case 'date':
      return `CONVERT(varchar(10), ${e}, 23)`;
    case 'time':
      return `CONVERT(varchar(16), ${e}, 121)`;
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
    case 'datetimeoffset':
      return `CONVERT(varchar(34), ${e}, 126)`;
    case 'timestamp':
    case 'rowversion':
      return `CONVERT(varchar(18), CONVERT(varbinary(8), ${e}), 1)`;
    case 'binary':
    case 'varbinary':
    case 'image':
      return `CONVERT(varchar(max), CONVERT(varbinary(max), ${e}), 1)`;
    case 'uniqueidentifier':
      return `CONVERT(varchar(36), ${e})`;
    case 'text':
      return `CONVERT(varchar(max), ${e})`;
    case 'ntext':
    case 'xml':
    case 'json':
      return `CONVERT(nvarchar(max), ${e})`;
    default:
      return undefined;
  }
}

function finishOf(type: ServerType, declared: DeclaredType): Reading['finish'] {
  if (declared === 'date' && /^(small)?datetime2?$/.test(type.name)) return (value) => String(value).replace(/T00:00:00(\.0+)?$/, '');
  if (declared === 'integer' && /^(decimal|numeric|money|smallmoney)$/.test(type.name))
    return (value) => String(value).replace(/\.0+$/, '');
  if (type.name === 'float') return (value) => plain(Number(value));
  if (type.name === 'real') return (value) => plain(shortestReal(Number(value)));
  return undefined;
}

/** A float of 32 bits comes as one of 64: 0.1 as 0.10000000149011612. */
function shortestReal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Without an exponent where JavaScript would write one: 1e+21, 1e-7. */
function plain(value: number): string {
  const text = String(value);
  const m = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!m) return text;
  const digits = m[2]! + (m[3] ?? '');
  const point = 1 + Number(m[4]);
  if (point <= 0) return `${m[1]}0.${'0'.repeat(-point)}${digits}`;
  return m[1]! + (digits.length <= point ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`);
}
