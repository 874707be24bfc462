// Result columns on the wire: COLMETADATA with TYPE_INFO (MS-TDS 2.2.7.4, 2.2.5.4).
import { MAX } from './column-types.ts';
import type { SqlType } from './column-types.ts';
import { collation } from './tokens.ts';
import type { TokenBuffer } from './tokens.ts';

export interface ResultColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
}

const wire = {
  guid: 0x24,
  intN: 0x26,
  date: 0x28,
  time: 0x29,
  datetime2: 0x2a,
  bitN: 0x68,
  decimalN: 0x6a,
  numericN: 0x6c,
  floatN: 0x6d,
  moneyN: 0x6e,
  datetimeN: 0x6f,
  text: 0x23,
  image: 0x22,
  ntext: 0x63,
  varbinary: 0xa5,
  varchar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
} as const;
const longest = 0x7fffffff;

export function writeColumns(out: TokenBuffer, columns: readonly ResultColumn[]): void {
  out.u8(0x81);
  out.u16(columns.length);
  for (const column of columns) {
    out.u32(column.type.name === 'rowversion' ? 80 : 0);
    out.u16((column.nullable ? 0x01 : 0) | 0x08);
    writeTypeInfo(out, column.type);
    // TEXT, NTEXT and IMAGE carry the parts of a table's name; none is known for an expression.
    if (['text', 'ntext', 'image'].includes(column.type.name)) out.u8(0);
    out.shortText(column.name.slice(0, 128));
  }
}

function writeTypeInfo(out: TokenBuffer, type: SqlType): void {
  const sized = (id: number, length: number, collated: boolean): void => {
    out.u8(id);
    out.u16(type.length === MAX ? 0xffff : length);
    if (collated) out.bytes(collation);
  };
  const pair = (id: number, size: number): void => {
    out.u8(id);
    out.u8(size);
  };
  switch (type.name) {
    case 'bit':
      return pair(wire.bitN, 1);
    case 'tinyint':
      return pair(wire.intN, 1);
    case 'smallint':
      return pair(wire.intN, 2);
    case 'null':
    case 'int':
      return pair(wire.intN, 4);
    case 'bigint':
      return pair(wire.intN, 8);
    case 'float':
      return pair(wire.floatN, 8);
    case 'real':
      return pair(wire.floatN, 4);
    case 'money':
      return pair(wire.moneyN, 8);
    case 'smallmoney':
      return pair(wire.moneyN, 4);
    case 'decimal':
    case 'numeric':
      pair(type.name === 'decimal' ? wire.decimalN : wire.numericN, 1 + decimalSize(type.precision));
      return pair(type.precision, type.scale);
    case 'date':
      return out.u8(wire.date);
    case 'time':
      return pair(wire.time, type.scale);
    case 'datetime2':
      return pair(wire.datetime2, type.scale);
    case 'datetime':
      return pair(wire.datetimeN, 8);
    case 'smalldatetime':
      return pair(wire.datetimeN, 4);
    case 'uniqueidentifier':
      return pair(wire.guid, 16);
    case 'char':
      return sized(wire.char, type.length, true);
    case 'varchar':
      return sized(wire.varchar, type.length, true);
    case 'nchar':
      return sized(wire.nchar, type.length * 2, true);
    case 'sysname':
    case 'nvarchar':
      return sized(wire.nvarchar, type.length * 2, true);
    case 'rowversion':
    case 'binary':
      return sized(wire.binary, type.length, false);
    case 'varbinary':
      return sized(wire.varbinary, type.length, false);
    case 'text':
    case 'ntext':
    case 'image':
      out.u8(wire[type.name]);
      out.u32(longest);
      if (type.name !== 'image') out.bytes(collation);
  }
}

/** Bytes of a decimal's magnitude. */
export function decimalSize(precision: number): number {
  return precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
}
