// Comparisons as SQL Server makes them: by the common type, ignoring case and trailing blanks in text, exactly for decimals. A
// comparison that no index of SQLite could serve is preceded by a wider one that an index can.
import {
  commonType,
  decimal,
  describeType,
  isBinary,
  isDecimal,
  isFloat,
  isInteger,
  isMoment,
  isPadded,
  isText,
  sqlType,
} from '../wire/column-types.ts';
import { coerce, sameType, trimmedText, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import { parseDecimal } from '../values/decimals.ts';
import { SqlServerError } from '../execute/sql-errors.ts';
import type { Comparison } from '../parse/sql-syntax.ts';

const mirrored: Record<Comparison, Comparison> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** SQLite text of `left operator right`. */
export function compare(operator: Comparison, left: Bound, right: Bound): string {
  if (left.column === undefined && right.column !== undefined) return compare(mirrored[operator], right, left);
  const type = commonType(left.type, right.type);
  if (type.name === 'null' || left.type.name === 'null' || right.type.name === 'null') return `(${left.sql} ${operator} ${right.sql})`;
  if (type.name === 'text' || type.name === 'ntext' || type.name === 'image') {
    throw new SqlServerError({
      number: 402,
      message: `The data types ${left.type.name} and ${right.type.name} are incompatible in the ${operator === '=' ? 'equal to' : operator} operator.`,
    });
  }
  if (isBinary(left.type) || isBinary(right.type)) return compareBinary(operator, left, right);
  if (isText(type)) return compareText(operator, left, right);
  if (isDecimal(type)) return compareDecimal(operator, left, right);
  if (isMoment(type)) return compareMoments(operator, left, right);
  const [a, b] = [coerce(left, type), coerce(right, type)];
  if (type.name === 'uniqueidentifier') return `(${a.sql} ${operator} ${b.sql} COLLATE NOCASE)`;
  if (isFloat(type)) return `(${asReal(a)} ${operator} ${asReal(b)})`;
  return `(${a.sql} ${operator} ${b.sql})`;
}

function asReal(side: Bound): string {
  return side.column === undefined ? `CAST(${side.sql} AS REAL)` : side.sql;
}

/** A rowversion met by a number: the number becomes eight bytes, so the column's index still serves. */
function compareBinary(operator: Comparison, left: Bound, right: Bound): string {
  const eightBytes = sqlType('binary', { length: 8 });
  const side = (one: Bound): Bound => {
    if (isInteger(one.type)) return coerce(coerce(one, sqlType('bigint'), true), eightBytes, true);
    return isBinary(one.type) ? one : coerce(one, sqlType('rowversion', { length: 8 }));
  };
  return `(${side(left).sql} ${operator} ${side(right).sql})`;
}

function compareText(operator: Comparison, left: Bound, right: Bound): string {
  // NOCASE folds A-Z alone: with É on either side the stand-in folds both in JavaScript.
  if (left.beyondAscii || right.beyondAscii) return `(tds_fold(${left.sql}) ${operator} tds_fold(${right.sql}))`;
  const against = trimmedText(right);
  if (left.column === undefined || isPadded(left.type)) return `(${trimmedText(left)} ${operator} ${against} COLLATE NOCASE)`;
  if (!right.fixed) return `(${left.sql} ${operator} ${right.column === undefined ? against : right.sql} COLLATE NOCASE)`;
  // A VARCHAR may hold blanks at its end, which do not count: 'x ' is between 'x' and 'x!'.
  const exact = `rtrim(${left.sql}, ' ') ${operator} ${against} COLLATE NOCASE`;
  switch (operator) {
    case '=':
      return `(${left.sql} >= ${against} COLLATE NOCASE AND ${left.sql} < ${against} || '!' COLLATE NOCASE AND ${exact})`;
    case '>':
    case '>=':
      return `(${left.sql} >= ${against} COLLATE NOCASE AND ${exact})`;
    case '<':
    case '<=':
      return `(${left.sql} < ${against} || '!' COLLATE NOCASE AND ${exact})`;
    case '<>':
      return `(${exact})`;
  }
}

function compareDecimal(operator: Comparison, left: Bound, right: Bound): string {
  const [a, b] = [asNumber(left, right), asNumber(right, left)];
  const numeric = (side: Bound): boolean => side.native || isInteger(side.type);
  if (numeric(a) && numeric(b)) return `(${a.sql} ${operator} ${b.sql})`;
  const exact = `tds_compare(${a.sql}, ${b.sql}) ${operator} 0`;
  if (a.column === undefined || !b.fixed) return `(${exact})`;
  if (a.native) {
    if (isShort(b)) return `(${a.sql} ${operator} CAST(${b.sql} AS NUMERIC))`;
    // The nearest number keeps the order, so the wider range holds every match and an index can find it.
    const wider = { '=': '=', '>': '>=', '>=': '>=', '<': '<=', '<=': '<=', '<>': undefined }[operator];
    return wider === undefined ? `(${exact})` : `(${a.sql} ${wider} CAST(${b.sql} AS NUMERIC) AND ${exact})`;
  }
  if (operator !== '=' || b.native || b.type.scale > a.type.scale) return `(${exact})`;
  const wanted = b.type.scale === a.type.scale ? b.sql : `tds_decimal(${b.sql}, '${describeType(decimal(38, a.type.scale))}')`;
  return `(${a.sql} = ${wanted})`;
}

function asNumber(side: Bound, other: Bound): Bound {
  if (isDecimal(side.type) || isInteger(side.type)) return side;
  // Text becomes the decimal it is compared with.
  return coerce(side, isDecimal(other.type) ? decimal(38, Math.max(other.type.scale, 5)) : decimal(38, 5));
}

function isShort(side: Bound): boolean {
  return typeof side.constant === 'string' && parseDecimal(side.constant).units.toString().length <= 15;
}

function compareMoments(operator: Comparison, left: Bound, right: Bound): string {
  const type = widestMoment(commonType(left.type, right.type), left, right);
  const [a, b] = [coerce(left, type), coerce(right, type)];
  if (a === left || left.column === undefined || !b.fixed || sameType(left.type, type)) return `(${a.sql} ${operator} ${b.sql})`;
  // The column is of a lower type and has to be converted row by row; up to the second both texts agree.
  if (left.type.name === 'time' || type.name === 'date') return `(${a.sql} ${operator} ${b.sql})`;
  const prefix = `substr(${b.sql}, 1, ${left.type.name === 'date' ? 10 : 19})`;
  const exact = `${a.sql} ${operator} ${b.sql}`;
  switch (operator) {
    case '=':
      return `(${left.sql} >= ${prefix} AND ${left.sql} < ${prefix} || '~' AND ${exact})`;
    case '>':
    case '>=':
      return `(${left.sql} >= ${prefix} AND ${exact})`;
    case '<':
    case '<=':
      return `(${left.sql} < ${prefix} || '~' AND ${exact})`;
    case '<>':
      return `(${exact})`;
  }
}

function widestMoment(type: Bound['type'], left: Bound, right: Bound): Bound['type'] {
  const scales = [left, right].filter(({ type: { name } }) => name === 'datetime2').map((side) => side.type.scale);
  const mixed = left.type.name !== right.type.name && isMoment(left.type) && isMoment(right.type);
  if (type.name !== 'datetime2') return type;
  return sqlType('datetime2', { scale: mixed ? 7 : Math.max(...scales) });
}

/** `a OR b OR …` as a balanced tree: SQLite limits the depth of an expression to 1000. */
export function balanced(operator: 'OR' | 'AND', conditions: readonly string[]): string {
  if (conditions.length === 1) return conditions[0] as string;
  const half = conditions.length >> 1;
  return `(${balanced(operator, conditions.slice(0, half))} ${operator} ${balanced(operator, conditions.slice(half))})`;
}

export function truth(sql: string): Bound {
  return value(sql, sqlType('bit'));
}
