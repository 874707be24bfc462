// Parameters of an RPC: TYPE_INFO and value (MS-TDS 2.2.5.4, 2.2.5.5), read into the form SQLite holds them in.
import iconv from 'iconv-lite';

import { MAX, sqlType, types } from './column-types.ts';
import type { SqlType } from './column-types.ts';
import { formatDecimal } from '../values/decimals.ts';
import { days1900, formatMoment } from '../values/dates.ts';
import { unsupported } from '../execute/sql-errors.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import { guidText } from './text.ts';

export interface TypedValue {
  type: SqlType;
  value: SqliteValue;
}

export interface Parameter extends TypedValue {
  /** Lower case with its @, or empty for a positional one. */
  name: string;
  output: boolean;
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  bytes(size: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + size);
    if (taken.length < size) throw new RangeError('the request ends in the middle of a value');
    this.#at += size;
    return taken;
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  u16(): number {
    return this.bytes(2).readUInt16LE();
  }

  u32(): number {
    return this.bytes(4).readUInt32LE();
  }

  ucs2(characters: number): string {
    return this.bytes(characters * 2).toString('ucs2');
  }
}

/** Reads one type with its value. Table-valued, XML, UDT and sql_variant parameters are refused by name. */
export function readParameterValue(reader: ByteReader): TypedValue {
  const id = reader.u8();
  switch (id) {
    case 0x1f:
      return { type: types.null, value: null };
    case 0x30:
      return { type: types.tinyint, value: reader.u8() };
    case 0x32:
      return { type: types.bit, value: reader.u8() };
    case 0x34:
      return { type: types.smallint, value: reader.bytes(2).readInt16LE() };
    case 0x38:
      return { type: types.int, value: reader.bytes(4).readInt32LE() };
    case 0x7f:
      return { type: types.bigint, value: reader.bytes(8).readBigInt64LE() };
    case 0x3b:
      return { type: types.float, value: reader.bytes(4).readFloatLE() };
    case 0x3e:
      return { type: types.float, value: reader.bytes(8).readDoubleLE() };
    case 0x3c:
      return { type: types.money, value: moneyText(reader.bytes(8)) };
    case 0x7a:
      return { type: types.money, value: moneyText(reader.bytes(4)) };
    case 0x3d:
      return { type: types.datetime, value: datetimeText(reader.bytes(8)) };
    case 0x3a:
      return { type: types.datetime, value: datetimeText(reader.bytes(4)) };
    case 0x26:
      return readInteger(reader);
    case 0x68:
      return readSized(reader, types.bit, (bytes) => bytes.readUInt8());
    case 0x6d:
      return readSized(reader, types.float, (bytes) => (bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE()));
    case 0x6e:
      return readSized(reader, types.money, moneyText);
    case 0x6f:
      return readSized(reader, types.datetime, datetimeText);
    case 0x24:
      return readSized(reader, types.uniqueidentifier, guidText);
    case 0x6a:
    case 0x6c:
      return readDecimalParameter(reader, id === 0x6c ? 'numeric' : 'decimal');
    case 0x28:
      return readLength(reader, types.date, (bytes) => formatMoment({ days: bytes.readUIntLE(0, 3), ticks: 0 }, types.date));
    case 0x29:
    case 0x2a:
      return readScaled(reader, id === 0x29 ? 'time' : 'datetime2');
    case 0xa7:
    case 0xaf:
      return readText(reader, id === 0xaf ? 'char' : 'varchar');
    case 0xe7:
    case 0xef:
      return readText(reader, id === 0xef ? 'nchar' : 'nvarchar');
    case 0xa5:
    case 0xad:
      return readBinary(reader, id === 0xad ? 'binary' : 'varbinary');
    case 0x23:
    case 0x63:
    case 0x22:
      return readLegacyLong(reader, id);
    case 0xf3:
      throw unsupported('table-valued parameters');
    default:
      throw unsupported(`a parameter of TDS type 0x${id.toString(16)}`);
  }
}

function readInteger(reader: ByteReader): TypedValue {
  const declared = reader.u8();
  const type = { 1: types.tinyint, 2: types.smallint, 4: types.int, 8: types.bigint }[declared] ?? types.int;
  return readLength(reader, type, (bytes) => {
    if (bytes.length === 8) return bytes.readBigInt64LE();
    return bytes.length === 1 ? bytes.readUInt8() : bytes.readIntLE(0, bytes.length);
  });
}

function readSized(reader: ByteReader, type: SqlType, decode: (bytes: Buffer) => SqliteValue): TypedValue {
  reader.u8();
  return readLength(reader, type, decode);
}

function readLength(reader: ByteReader, type: SqlType, decode: (bytes: Buffer) => SqliteValue): TypedValue {
  const length = reader.u8();
  return { type, value: length === 0 ? null : decode(reader.bytes(length)) };
}

function readDecimalParameter(reader: ByteReader, name: 'decimal' | 'numeric'): TypedValue {
  reader.u8();
  const type = sqlType(name, { precision: reader.u8(), scale: reader.u8() });
  return readLength(reader, type, (bytes) => {
    const magnitude = BigInt(`0x${Buffer.from(bytes.subarray(1)).reverse().toString('hex')}`);
    return formatDecimal({ units: bytes.readUInt8() === 0 ? -magnitude : magnitude, scale: type.scale });
  });
}

function readScaled(reader: ByteReader, name: 'time' | 'datetime2'): TypedValue {
  const type = sqlType(name, { scale: reader.u8() });
  return readLength(reader, type, (bytes) => {
    const timeSize = name === 'time' ? bytes.length : bytes.length - 3;
    const ticks = bytes.readUIntLE(0, timeSize) * 10 ** (7 - type.scale);
    return formatMoment({ days: name === 'time' ? days1900 : bytes.readUIntLE(timeSize, 3), ticks }, type);
  });
}

function readText(reader: ByteReader, name: 'char' | 'varchar' | 'nchar' | 'nvarchar'): TypedValue {
  const declared = reader.u16();
  reader.bytes(5);
  const unicode = name.startsWith('n');
  const type = sqlType(name, { length: declared === 0xffff ? MAX : unicode ? declared / 2 : declared });
  const bytes = declared === 0xffff ? readLong(reader) : readShort(reader);
  if (bytes === null) return { type, value: null };
  const text = unicode ? bytes.toString('ucs2') : iconv.decode(bytes, 'win1252');
  return { type, value: name === 'char' || name === 'nchar' ? text.replace(/ +$/, '') : text };
}

function readBinary(reader: ByteReader, name: 'binary' | 'varbinary'): TypedValue {
  const declared = reader.u16();
  const bytes = declared === 0xffff ? readLong(reader) : readShort(reader);
  const length = declared === 0xffff ? MAX : declared;
  return { type: sqlType(name, { length }), value: bytes === null ? null : Buffer.from(bytes) };
}

function readShort(reader: ByteReader): Buffer | null {
  const length = reader.u16();
  return length === 0xffff ? null : reader.bytes(length);
}

function readLong(reader: ByteReader): Buffer | null {
  if (reader.bytes(8).readBigUInt64LE() === 0xffffffffffffffffn) return null;
  const chunks: Buffer[] = [];
  for (let length = reader.u32(); length > 0; length = reader.u32()) chunks.push(reader.bytes(length));
  return Buffer.concat(chunks);
}

function readLegacyLong(reader: ByteReader, id: number): TypedValue {
  reader.u32();
  if (id !== 0x22) reader.bytes(5);
  const length = reader.u32();
  const type = id === 0x22 ? sqlType('varbinary', { length: MAX }) : sqlType(id === 0x23 ? 'varchar' : 'nvarchar', { length: MAX });
  if (length === 0xffffffff) return { type, value: null };
  const bytes = reader.bytes(length);
  if (id === 0x22) return { type, value: Buffer.from(bytes) };
  return { type, value: id === 0x23 ? iconv.decode(bytes, 'win1252') : bytes.toString('ucs2') };
}

function moneyText(bytes: Buffer): string {
  const units = bytes.length === 4 ? BigInt(bytes.readInt32LE()) : (BigInt(bytes.readInt32LE(0)) << 32n) | BigInt(bytes.readUInt32LE(4));
  return formatDecimal({ units, scale: 4 });
}

function datetimeText(bytes: Buffer): string {
  if (bytes.length === 4)
    return formatMoment({ days: bytes.readUInt16LE(0) + days1900, ticks: bytes.readUInt16LE(2) * 600_000_000 }, types.datetime);
  const ticks = Math.round((bytes.readUInt32LE(4) * 100_000) / 3);
  return formatMoment({ days: bytes.readInt32LE(0) + days1900, ticks }, types.datetime);
}
