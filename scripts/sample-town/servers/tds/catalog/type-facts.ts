// What sys.types and sys.columns say of a type: its id, its size in bytes, its digits.
import { MAX, isMoment, isUnicode } from '../wire/column-types.ts';
import type { SqlType, TypeName } from '../wire/column-types.ts';

export const typeIds: Partial<Record<TypeName, number>> = {
  image: 34,
  text: 35,
  uniqueidentifier: 36,
  date: 40,
  time: 41,
  datetime2: 42,
  tinyint: 48,
  smallint: 52,
  int: 56,
  smalldatetime: 58,
  real: 59,
  money: 60,
  datetime: 61,
  float: 62,
  ntext: 99,
  bit: 104,
  decimal: 106,
  numeric: 108,
  smallmoney: 122,
  bigint: 127,
  varbinary: 165,
  varchar: 167,
  binary: 173,
  char: 175,
  rowversion: 189,
  nvarchar: 231,
  nchar: 239,
};

export function typeId(type: SqlType): number {
  return typeIds[type.name] ?? 0;
}

export function typeNameOf(id: number): string | null {
  const name = Object.entries(typeIds).find(([, known]) => known === id)?.[0];
  return name === undefined ? null : name === 'rowversion' ? 'timestamp' : name;
}

/** Bytes of a value of the types whose values all have the same size. */
export const fixedSizes: Partial<Record<TypeName, number>> = {
  bit: 1,
  tinyint: 1,
  smallint: 2,
  int: 4,
  bigint: 8,
  float: 8,
  real: 4,
  money: 8,
  smallmoney: 4,
  date: 3,
  smalldatetime: 4,
  datetime: 8,
  uniqueidentifier: 16,
};
/** And of a column whose values lie elsewhere: the catalog gives the size of the pointer. */
const sizes: Partial<Record<TypeName, number>> = { ...fixedSizes, text: 16, ntext: 16, image: 16 };

export const digits: Partial<Record<TypeName, number>> = {
  bit: 1,
  tinyint: 3,
  smallint: 5,
  int: 10,
  bigint: 19,
  money: 19,
  smallmoney: 10,
  float: 53,
  real: 24,
};

export function maxLength(type: SqlType): number {
  const size = sizes[type.name];
  if (size !== undefined) return size;
  if (type.name === 'decimal' || type.name === 'numeric')
    return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
  if (isMoment(type)) return (type.name === 'time' ? 0 : 3) + (type.scale <= 2 ? 3 : type.scale <= 4 ? 4 : 5);
  return type.length === MAX ? -1 : isUnicode(type) ? type.length * 2 : type.length;
}

export function precisionOf(type: SqlType): number {
  return type.precision > 0
    ? type.precision
    : (digits[type.name] ??
        { date: 10, datetime: 23, datetime2: 20 + type.scale, smalldatetime: 16, time: 9 + type.scale }[type.name as 'date'] ??
        0);
}

export function scaleOf(type: SqlType): number {
  return type.name === 'datetime' ? 3 : type.scale;
}
