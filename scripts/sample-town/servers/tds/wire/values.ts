// Rows on the wire (MS-TDS 2.2.5.5): one encoder per column, chosen once.
import { MAX, describeType, isPadded } from './column-types.ts';
import type { SqlType } from './column-types.ts';
import { formatFor, readDecimal } from '../values/decimals.ts';
import { datetimeParts, days1900, parseMoment } from '../values/dates.ts';
import { SqlServerError, overflow } from '../execute/sql-errors.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import type { TokenBuffer } from './tokens.ts';
import { guidBytes, isAscii, windows1252 } from './text.ts';
import { decimalSize } from './columns.ts';
import type { ResultColumn } from './columns.ts';

export type Encoder = (out: TokenBuffer, value: SqliteValue) => void;

export function encoderFor(column: ResultColumn): Encoder {
  const { type } = column;
  switch (type.name) {
    case 'null':
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return integerEncoder(type);
    case 'float':
      return withNull(
        (out) => out.u8(0),
        (out, value) => {
          out.u8(8);
          out.double(Number(value));
        },
      );
    case 'real':
      return withNull(
        (out) => out.u8(0),
        (out, value) => {
          out.u8(4);
          out.float(Number(value));
        },
      );
    case 'money':
    case 'smallmoney':
    case 'decimal':
    case 'numeric':
      return decimalEncoder(type);
    case 'date':
    case 'time':
    case 'datetime':
    case 'smalldatetime':
    case 'datetime2':
      return momentEncoder(type);
    case 'uniqueidentifier':
      return withNull(
        (out) => out.u8(0),
        (out, value) => {
          out.u8(16);
          out.bytes(guidBytes(String(value)));
        },
      );
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'sysname':
      return type.length === MAX ? maxTextEncoder(type) : textEncoder(column);
    case 'binary':
    case 'varbinary':
    case 'rowversion':
      return type.length === MAX ? maxBinaryEncoder : binaryEncoder(column);
    case 'text':
    case 'ntext':
    case 'image':
      return withNull(
        (out) => out.u8(0),
        (out, value) => {
          const bytes =
            type.name === 'image' ? asBytes(value) : type.name === 'text' ? windows1252(String(value)) : Buffer.from(String(value), 'ucs2');
          // A text pointer and a timestamp, which no client uses anymore, come before the length.
          out.u8(16);
          out.fill(0, 16 + 8);
          out.u32(bytes.length);
          out.bytes(bytes);
        },
      );
  }
}

type Present = Exclude<SqliteValue, null>;

function withNull(absent: (out: TokenBuffer) => void, present: (out: TokenBuffer, value: Present) => void): Encoder {
  return (out, value) => {
    if (value === null) absent(out);
    else present(out, value);
  };
}

const integerLimits: Record<string, [number, bigint, bigint]> = {
  bit: [1, 0n, 1n],
  tinyint: [1, 0n, 255n],
  smallint: [2, -32768n, 32767n],
  int: [4, -2147483648n, 2147483647n],
  null: [4, -2147483648n, 2147483647n],
  bigint: [8, -(2n ** 63n), 2n ** 63n - 1n],
};

function integerEncoder(type: SqlType): Encoder {
  const [size, lowest, highest] = integerLimits[type.name] as [number, bigint, bigint];
  const [low, high] = [Number(lowest), Number(highest)];
  return withNull(
    (out) => out.u8(0),
    (out, value) => {
      out.u8(size);
      if (size === 8) {
        // A float here means SQLite's own arithmetic left 64 bits: SQL Server would have refused.
        if (typeof value === 'number' && !Number.isSafeInteger(value)) throw overflow('bigint');
        out.i64(BigInt(value as number | bigint));
        return;
      }
      const number = Number(value);
      if (!Number.isInteger(number) || number < low || number > high) throw overflow(type.name);
      if (size === 4) out.i32(number);
      else if (size === 2) out.i16(number);
      else out.u8(number);
    },
  );
}

function decimalEncoder(type: SqlType): Encoder {
  const money = type.name === 'money' || type.name === 'smallmoney';
  const size = decimalSize(type.precision);
  return withNull(
    (out) => out.u8(0),
    (out, value) => {
      const text = formatFor(readDecimal(value as string | number | bigint), type);
      const units = BigInt(text.replace('.', ''));
      if (type.name === 'smallmoney') {
        out.u8(4);
        out.i32(Number(units));
      } else if (money) {
        // MONEY is two 32-bit halves, the high one first.
        out.u8(8);
        out.i32(Number(units >> 32n));
        out.u32(Number(units & 0xffffffffn));
      } else {
        out.u8(1 + size);
        out.u8(units < 0n ? 0 : 1);
        let magnitude = units < 0n ? -units : units;
        for (let written = 0; written < size; written += 4, magnitude >>= 32n) out.u32(Number(magnitude & 0xffffffffn));
      }
    },
  );
}

function momentEncoder(type: SqlType): Encoder {
  const timeSize = type.scale <= 2 ? 3 : type.scale <= 4 ? 4 : 5;
  const unit = 10 ** (7 - type.scale);
  return withNull(
    (out) => out.u8(0),
    (out, value) => {
      const moment = parseMoment(String(value));
      switch (type.name) {
        case 'date':
          out.u8(3);
          return out.uint(moment.days, 3);
        case 'time':
          out.u8(timeSize);
          return out.uint(Math.floor(moment.ticks / unit), timeSize);
        case 'datetime2':
          out.u8(timeSize + 3);
          out.uint(Math.floor(moment.ticks / unit), timeSize);
          return out.uint(moment.days, 3);
        case 'smalldatetime':
          out.u8(4);
          out.u16(moment.days - days1900);
          return out.u16(Math.round(moment.ticks / 600_000_000));
        default: {
          const { days, threeHundredths } = datetimeParts(moment);
          out.u8(8);
          out.i32(days - days1900);
          return out.u32(threeHundredths);
        }
      }
    },
  );
}

function textEncoder(column: ResultColumn): Encoder {
  const { type, name } = column;
  const unicode = type.name !== 'char' && type.name !== 'varchar';
  const padded = isPadded(type);
  return withNull(
    (out) => out.u16(0xffff),
    (out, value) => {
      const text = typeof value === 'string' ? value : String(value);
      if (text.length > type.length && text.trimEnd().length > type.length) throw storedTooLong(name, type, text);
      const fitted = text.length > type.length ? text.slice(0, type.length) : text;
      if (unicode) {
        const whole = padded ? fitted.padEnd(type.length) : fitted;
        out.u16(whole.length * 2);
        out.ucs2(whole);
      } else {
        const length = padded ? type.length : fitted.length;
        out.u16(length);
        if (isAscii(fitted)) out.latin1(fitted, length);
        else out.bytes(windows1252(padded ? fitted.padEnd(length) : fitted));
      }
    },
  );
}

function maxTextEncoder(type: SqlType): Encoder {
  return withNull(writeLongNull, (out, value) =>
    writeLong(out, type.name === 'varchar' ? windows1252(String(value)) : Buffer.from(String(value), 'ucs2')),
  );
}

const maxBinaryEncoder: Encoder = withNull(writeLongNull, (out, value) => writeLong(out, asBytes(value)));

/** Partially length-prefixed bytes (MS-TDS 2.2.5.2.3): the total, the chunks, an empty chunk. */
function writeLong(out: TokenBuffer, bytes: Buffer): void {
  out.u64(BigInt(bytes.length));
  if (bytes.length > 0) {
    out.u32(bytes.length);
    out.bytes(bytes);
  }
  out.u32(0);
}

function writeLongNull(out: TokenBuffer): void {
  out.fill(0xff, 8);
}

function binaryEncoder(column: ResultColumn): Encoder {
  const { type, name } = column;
  return withNull(
    (out) => out.u16(0xffff),
    (out, value) => {
      const bytes = asBytes(value);
      if (bytes.length > type.length) throw storedTooLong(name, type, `0x${bytes.toString('hex')}`);
      const length = type.name === 'varbinary' ? bytes.length : type.length;
      out.u16(length);
      out.bytes(bytes);
      if (length > bytes.length) out.fill(0, length - bytes.length);
    },
  );
}

function storedTooLong(name: string, type: SqlType, value: string): SqlServerError {
  return new SqlServerError({
    number: 40002,
    message: `the sample-town database holds '${value}' in ${name}, too long for ${describeType(type)}`,
  });
}

function asBytes(value: Present): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new SqlServerError({
    number: 40002,
    message: `the sample-town database holds ${typeof value} '${String(value)}' in a binary column`,
  });
}
