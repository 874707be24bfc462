// SQL Server's types: how a SQLite column declares one, how it is named, and which wins when two meet.

export type TypeName =
  | 'null'
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'numeric'
  | 'money'
  | 'smallmoney'
  | 'float'
  | 'real'
  | 'date'
  | 'time'
  | 'smalldatetime'
  | 'datetime'
  | 'datetime2'
  | 'uniqueidentifier'
  | 'char'
  | 'varchar'
  | 'text'
  | 'nchar'
  | 'nvarchar'
  | 'ntext'
  | 'sysname'
  | 'binary'
  | 'varbinary'
  | 'image'
  | 'rowversion';

export interface SqlType {
  readonly name: TypeName;
  /** Characters or bytes; `MAX` for varchar(max) and its like; 0 where a length means nothing. */
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
}

export const MAX = -1;

export function sqlType(name: TypeName, fields: { length?: number; precision?: number; scale?: number } = {}): SqlType {
  const fixed = name === 'money' || name === 'smallmoney' ? { precision: name === 'money' ? 19 : 10, scale: 4 } : {};
  return { name, length: 0, precision: 0, scale: 0, ...fixed, ...fields };
}

export const types = {
  null: sqlType('null'),
  bit: sqlType('bit'),
  tinyint: sqlType('tinyint'),
  smallint: sqlType('smallint'),
  int: sqlType('int'),
  bigint: sqlType('bigint'),
  float: sqlType('float'),
  money: sqlType('money'),
  date: sqlType('date'),
  datetime: sqlType('datetime'),
  datetime2: sqlType('datetime2', { scale: 7 }),
  uniqueidentifier: sqlType('uniqueidentifier'),
  rowversion: sqlType('rowversion', { length: 8 }),
  sysname: sqlType('nvarchar', { length: 128 }),
} as const;

export const varchar = (length: number): SqlType => sqlType('varchar', { length });
export const nvarchar = (length: number): SqlType => sqlType('nvarchar', { length });
export const varbinary = (length: number): SqlType => sqlType('varbinary', { length });
export const decimal = (precision: number, scale: number): SqlType => sqlType('decimal', { precision, scale });

const aliases: Record<string, TypeName> = {
  INTEGER: 'int',
  BOOLEAN: 'bit',
  DEC: 'decimal',
  CHARACTER: 'char',
  'CHAR VARYING': 'varchar',
  DOUBLE: 'float',
  'DOUBLE PRECISION': 'float',
  TIMESTAMP: 'rowversion',
  BLOB: 'varbinary',
  CLOB: 'text',
  'NATIONAL CHAR': 'nchar',
  SYSNAME: 'nvarchar',
};

const plainNames = new Set<string>([
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'decimal',
  'numeric',
  'money',
  'smallmoney',
  'float',
  'real',
  'date',
  'time',
  'smalldatetime',
  'datetime',
  'datetime2',
  'uniqueidentifier',
  'char',
  'varchar',
  'text',
  'nchar',
  'nvarchar',
  'ntext',
  'binary',
  'varbinary',
  'image',
  'rowversion',
]);

/** The type for a T-SQL name with its arguments, undefined when there is none of that name. */
export function typeFromName(name: string, args: readonly string[]): SqlType | undefined {
  const upper = name.toUpperCase().replaceAll(/\s+/g, ' ').trim();
  const lower = upper.toLowerCase();
  const known = aliases[upper] ?? (plainNames.has(lower) ? (lower as TypeName) : undefined);
  if (known === undefined) return undefined;
  const first = args[0] === undefined ? undefined : args[0].toUpperCase() === 'MAX' ? MAX : Number(args[0]);
  switch (known) {
    case 'decimal':
    case 'numeric':
      return sqlType(known, { precision: first ?? 18, scale: args[1] === undefined ? 0 : Number(args[1]) });
    case 'char':
    case 'nchar':
    case 'binary':
      return sqlType(known, { length: first ?? 1 });
    case 'varchar':
    case 'nvarchar':
    case 'varbinary':
      if (upper === 'SYSNAME') return types.sysname;
      return sqlType(known, { length: first ?? (upper === 'BLOB' ? MAX : 1) });
    case 'datetime2':
    case 'time':
      return sqlType(known, { scale: first ?? 7 });
    case 'rowversion':
      return types.rowversion;
    default:
      return sqlType(known);
  }
}

/**
 * The type a SQLite column declares; `"NVARCHAR(MAX)"` needs the quotes there (or NVARCHAR(-1)). Words next to the type's own name only steer SQLite's affinity: `NUMERIC TEXT(19,5)` is a
 * NUMERIC(19,5) that SQLite keeps as text, digit for digit, where a plain `NUMERIC(19,5)` is a number to SQLite.
 */
export function typeFromDeclaration(declared: string): { type: SqlType; keptAsText: boolean } | undefined {
  const match = /^\s*([A-Za-z_][A-Za-z0-9_ ]*?)\s*(?:\(\s*([^()]*)\))?\s*((?<=[\s)])TEXT)?\s*$/i.exec(declared);
  if (match === null) return declared.trim() === '' ? { type: nvarchar(4000), keptAsText: true } : undefined;
  const args = match[2] === undefined ? [] : match[2].split(',').map((part) => part.trim());
  const words = [...(match[1] as string).split(/\s+/), ...(match[3] === undefined ? [] : [match[3]])];
  const whole = typeFromName(words.join(' '), args);
  if (whole !== undefined) return { type: whole, keptAsText: false };
  const withoutText = words.filter((word) => word.toUpperCase() !== 'TEXT');
  const type = typeFromName(withoutText.join(' '), args);
  return type === undefined ? undefined : { type, keptAsText: withoutText.length < words.length };
}

export function describeType(type: SqlType): string {
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      return `${type.name}(${type.precision},${type.scale})`;
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary':
      return `${type.name}(${type.length === MAX ? 'max' : type.length})`;
    case 'datetime2':
    case 'time':
      return `${type.name}(${type.scale})`;
    default:
      return type.name;
  }
}

const integers = new Set<TypeName>(['bit', 'tinyint', 'smallint', 'int', 'bigint']);
const decimals = new Set<TypeName>(['decimal', 'numeric', 'money', 'smallmoney']);
const floats = new Set<TypeName>(['float', 'real']);
const texts = new Set<TypeName>(['char', 'varchar', 'text', 'nchar', 'nvarchar', 'ntext']);
const binaries = new Set<TypeName>(['binary', 'varbinary', 'image', 'rowversion']);
const moments = new Set<TypeName>(['date', 'time', 'smalldatetime', 'datetime', 'datetime2']);

export const isInteger = (type: SqlType): boolean => integers.has(type.name);
export const isDecimal = (type: SqlType): boolean => decimals.has(type.name);
export const isFloat = (type: SqlType): boolean => floats.has(type.name);
export const isNumber = (type: SqlType): boolean => isInteger(type) || isDecimal(type) || isFloat(type);
export const isText = (type: SqlType): boolean => texts.has(type.name);
export const isUnicode = (type: SqlType): boolean => type.name === 'nchar' || type.name === 'nvarchar' || type.name === 'ntext';
/** Types that SQL Server pads with blanks. Inside an expression their value is kept without the blanks. */
export const isPadded = (type: SqlType): boolean => type.name === 'char' || type.name === 'nchar';
export const isBinary = (type: SqlType): boolean => binaries.has(type.name);
export const isMoment = (type: SqlType): boolean => moments.has(type.name);

/** Lowest to highest, "Data type precedence" in the T-SQL reference. */
const precedence: TypeName[] = [
  'null',
  'binary',
  'varbinary',
  'image',
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'uniqueidentifier',
  'rowversion',
  'text',
  'ntext',
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'smallmoney',
  'money',
  'decimal',
  'numeric',
  'real',
  'float',
  'time',
  'date',
  'smalldatetime',
  'datetime',
  'datetime2',
];

/** The type of a CASE, UNION, COALESCE or comparison of two types; lengths and scales wide enough for both. */
export function commonType(left: SqlType, right: SqlType): SqlType {
  if (left.name === 'null') return right;
  if (right.name === 'null') return left;
  const higher = precedence.indexOf(left.name) >= precedence.indexOf(right.name) ? left : right;
  const lower = higher === left ? right : left;
  if (isText(higher) && isText(lower)) return commonText(left, right, higher);
  if ((higher.name === 'varbinary' || higher.name === 'binary') && isBinary(lower)) {
    const length = higher.length === MAX || lower.length === MAX ? MAX : Math.max(higher.length, lower.length);
    return sqlType(higher.name === lower.name ? higher.name : 'varbinary', { length });
  }
  if ((higher.name === 'decimal' || higher.name === 'numeric') && isNumber(lower)) {
    const [a, b] = [asDecimal(higher), asDecimal(lower)];
    const scale = Math.max(a.scale, b.scale);
    return boundedDecimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale);
  }
  if (higher.name === 'datetime2' && lower.name === 'datetime2')
    return sqlType('datetime2', { scale: Math.max(higher.scale, lower.scale) });
  return higher;
}

function commonText(left: SqlType, right: SqlType, higher: SqlType): SqlType {
  if (higher.name === 'text' || higher.name === 'ntext') return higher;
  const length = left.length === MAX || right.length === MAX ? MAX : Math.max(left.length, right.length);
  const bothPadded = isPadded(left) && isPadded(right);
  const unicode = isUnicode(left) || isUnicode(right);
  return sqlType(bothPadded ? (unicode ? 'nchar' : 'char') : unicode ? 'nvarchar' : 'varchar', { length });
}

/** An integer or money type as the decimal that holds it, by the T-SQL rules for mixed arithmetic. */
export function asDecimal(type: SqlType): SqlType {
  if (isDecimal(type)) return type;
  const digits: Partial<Record<TypeName, number>> = { bit: 1, tinyint: 3, smallint: 5, int: 10, bigint: 19 };
  return decimal(digits[type.name] ?? 38, 0);
}

/** At most 38 digits: SQL Server gives up scale first, down to 6, to keep the integral part. */
export function boundedDecimal(precision: number, scale: number): SqlType {
  if (precision <= 38) return decimal(precision, scale);
  const integral = precision - scale;
  return decimal(38, integral < 32 ? Math.min(scale, 38 - integral) : Math.min(scale, 6));
}
