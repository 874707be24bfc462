// A bound expression: SQLite text with the T-SQL type it has, and how one becomes another type, a key to sort by, a trimmed text.
//
// How values are inside SQLite expressions: text without the blanks CHAR pads it with; decimals as text with the type's scale, or
// as a number when `native`; dates as canonical text (dates.ts); BIT and integers as integers; binary as blobs.
import { MAX, describeType, isBinary, isDecimal, isFloat, isInteger, isPadded, isText } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { convertValue } from '../values/conversions.ts';
import { SqlServerError, unsupported } from '../execute/sql-errors.ts';
import { quoteText } from '../sqlite/sqlite.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';

export interface Bound {
  sql: string;
  type: SqlType;
  nullable: boolean;
  native: boolean;
  /** Known when the statement is bound; undefined otherwise. */
  constant: SqliteValue | undefined;
  /** A literal or variable: cheap to write twice, the same for every row. */
  fixed: boolean;
  /** Its text may hold letters beyond ASCII, whose case SQLite's NOCASE does not fold. */
  beyondAscii: boolean;
  /** Set for a column as it is in its table. */
  column: string | undefined;
}

export function value(sql: string, type: SqlType, fields: Partial<Bound> = {}): Bound {
  return { sql, type, nullable: true, native: false, constant: undefined, fixed: false, beyondAscii: false, column: undefined, ...fields };
}

export function literal(constant: SqliteValue, type: SqlType): Bound {
  const beyondAscii = typeof constant === 'string' && /[^\u0000-\u007f]/.test(constant);
  return value(literalText(constant, type), type, {
    constant,
    fixed: true,
    nullable: constant === null,
    beyondAscii,
    native: isDecimal(type) && typeof constant !== 'string',
  });
}

function literalText(constant: SqliteValue, type: SqlType): string {
  if (constant === null) return 'NULL';
  if (Buffer.isBuffer(constant)) return `X'${constant.toString('hex')}'`;
  if (typeof constant === 'string') {
    if (constant.includes('\u0000')) throw unsupported('a NUL character in a literal');
    return quoteText(constant);
  }
  if (isFloat(type)) return `CAST(${String(constant)} AS REAL)`;
  return Number(constant) < 0 ? `(${String(constant)})` : String(constant);
}

/** An implicit conversion, or with `explicit` a CAST, which alone may lose characters. */
export function coerce(from: Bound, to: SqlType, explicit = false): Bound {
  const { type } = from;
  if (sameType(type, to)) return from;
  if (type.name === 'null') return { ...from, type: to };
  if (!explicit) refuseImplicit(type, to);
  if (from.constant !== undefined) return literal(convertValue(from.constant, type, to), to);
  const kept = { nullable: from.nullable, fixed: from.fixed, beyondAscii: from.beyondAscii };
  if (isText(type) && isText(to)) return value(textToText(from, to), to, kept);
  if (isInteger(type) && isInteger(to) && !explicit) return value(from.sql, to, kept);
  if (isInteger(type) && isDecimal(to) && !explicit) return value(from.sql, to, { ...kept, native: true });
  if (
    isBinary(type) &&
    isBinary(to) &&
    (to.name === 'varbinary' || to.name === type.name) &&
    (to.length === MAX || (type.length !== MAX && to.length >= type.length))
  ) {
    return value(from.sql, to, kept);
  }
  if (isFloat(to) && (isInteger(type) || isFloat(type))) return value(`CAST(${from.sql} AS REAL)`, to, kept);
  return value(`tds_convert(${from.sql}, '${describeType(type)}', '${describeType(to)}')`, to, kept);
}

function textToText(from: Bound, to: SqlType): string {
  const { type } = from;
  let { sql } = from;
  const mayBeLonger = to.length > 0 && (type.length > to.length || type.length <= 0);
  if (isPadded(type) && !isPadded(to)) sql = `tds_pad(${sql}, ${type.length})`;
  if (mayBeLonger) sql = `substr(${sql}, 1, ${to.length})`;
  return isPadded(to) && !isPadded(type) ? `rtrim(${sql}, ' ')` : sql;
}

/** Throws 257 where T-SQL demands a CONVERT. */
export function refuseImplicit(from: SqlType, to: SqlType): void {
  if (to.name === 'rowversion' && (from.name === 'nvarchar' || from.name === 'nchar' || isText(from)))
    throw implicitRefused(from, 'timestamp');
  if (isBinary(to) && isText(from)) throw implicitRefused(from, to.name);
  if (isText(to) && isBinary(from) && (from.name === 'rowversion' || to.name === 'text' || to.name === 'ntext'))
    throw implicitRefused(from, to.name);
}

function implicitRefused(from: SqlType, to: string): SqlServerError {
  return new SqlServerError({
    number: 257,
    state: 3,
    message: `Implicit conversion from data type ${from.name === 'rowversion' ? 'timestamp' : from.name} to ${to} is not allowed. Use the CONVERT function to run this query.`,
  });
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return a.name === b.name && a.length === b.length && a.precision === b.precision && a.scale === b.scale;
}

/** The text as concatenation, SUBSTRING and REPLACE see it: CHAR with its blanks. */
export function paddedText(from: Bound): string {
  return isPadded(from.type) ? `tds_pad(${from.sql}, ${from.type.length})` : from.sql;
}

/** The text as comparisons see it: blanks at the end do not count. */
export function trimmedText(from: Bound): string {
  if (typeof from.constant === 'string') return quoteText(from.constant.replace(/ +$/, ''));
  return isPadded(from.type) ? from.sql : `rtrim(${from.sql}, ' ')`;
}

/** Equal keys for equal values: GROUP BY, DISTINCT, IN (SELECT …). */
export function equalityKey(from: Bound): string {
  if (isText(from.type)) return `${trimmedText(from)} COLLATE NOCASE`;
  if (from.type.name === 'uniqueidentifier') return `${from.sql} COLLATE NOCASE`;
  if (isDecimal(from.type) && !from.native) return `tds_decimal_key(${from.sql})`;
  return from.sql;
}

/** Sorts as the value does; a bare column stays bare, so an index can deliver the order. */
export function orderKey(from: Bound): string {
  if (isText(from.type) || from.type.name === 'uniqueidentifier') return `${from.sql} COLLATE NOCASE`;
  if (isDecimal(from.type) && !from.native) return `tds_decimal_key(${from.sql})`;
  return from.sql;
}
