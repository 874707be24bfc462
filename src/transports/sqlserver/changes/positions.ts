import { withoutTrailing } from '../../../core/text/trailing.ts';
import type { ServerType } from '../column-types.ts';

/** A value as text, made ready to be compared with a column: the parameter's text and the SQL that casts it to the column's own type. */
export interface Comparable {
  parameter: string;
  /** `CONVERT(datetime2(7), @name, 126)` */
  sql(name: string): string;
}

/**
 * Casts a text to the column's own type, exactly: a cursor cut to milliseconds loses or repeats rows, and a column that is cast to
 * the parameter's type cannot use its index. A text says why the value cannot be compared with such a column, to stand after
 * `"abc" …`. Fractions of a second beyond what the column keeps are cut off.
 */
export function comparable(type: ServerType, value: string): Comparable | string {
  const text = value.trim();
  const cast = (to: string, parameter = text, style?: number): Comparable => ({
    parameter,
    sql: (name) => `CONVERT(${to}, ${name}${style === undefined ? '' : `, ${style}`})`,
  });
  switch (type.name) {
    case 'int':
    case 'smallint':
    case 'tinyint':
    case 'bigint':
      if (!/^[+-]?\d{1,19}$/.test(text)) return 'is not a whole number';
      return cast(type.name === 'bigint' || Math.abs(Number(text)) >= LARGEST[type.name] ? 'bigint' : type.name);
    case 'bit':
      return /^(0|1|true|false)$/i.test(text) ? cast('bit') : 'is not 0 or 1';
    case 'decimal':
    case 'numeric':
      return NUMBER.test(text) ? cast(decimalFor(type, text)) : 'is not a number';
    case 'money':
    case 'smallmoney':
      return NUMBER.test(text) ? cast('money') : 'is not an amount';
    case 'float':
    case 'real':
      return NUMBER.test(text) ? cast('float') : 'is not a number';
    case 'date':
      return DAY.test(text) ? cast('date', text.slice(0, 10), 23) : 'is not a date such as 2026-06-15';
    case 'smalldatetime':
      return moment(text, 0, (iso) => cast('smalldatetime', iso, 126));
    case 'datetime':
      return moment(text, 3, (iso) => cast('datetime', iso, 126));
    case 'datetime2':
      return moment(text, type.scale ?? 7, (iso) => cast(`datetime2(${type.scale ?? 7})`, iso, 126));
    case 'datetimeoffset':
      return OFFSET.test(text)
        ? cast(`datetimeoffset(${type.scale ?? 7})`)
        : 'is not a date and time with an offset such as 2026-06-15T13:45:00-04:00';
    case 'time':
      return /^\d\d:\d\d(:\d\d(\.\d{1,7})?)?$/.test(text) ? cast(`time(${type.scale ?? 7})`) : 'is not a time such as 13:45:00';
    case 'timestamp':
    case 'rowversion':
      return /^0x[0-9a-f]{16}$/i.test(text)
        ? { parameter: text, sql: (name) => `CONVERT(rowversion, CONVERT(varbinary(8), ${name}, 1))` }
        : 'is not a row version such as 0x00000000000007D1';
    case 'binary':
    case 'varbinary':
      return /^0x([0-9a-f]{2})*$/i.test(text)
        ? cast(`varbinary(${type.length && type.length > 0 ? type.length : 'max'})`, text, 1)
        : 'is not binary such as 0x07D1';
    case 'uniqueidentifier':
      return /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(text) ? cast('uniqueidentifier') : 'is not a GUID';
    case 'char':
    case 'varchar':
      // The type's widest form: cut to the column's length, a longer value would equal a shorter one.
      return value.length <= 8000 ? cast('varchar(8000)', value) : 'is longer than 8000 characters';
    case 'nchar':
    case 'nvarchar':
      return value.length <= 4000 ? cast('nvarchar(4000)', value) : 'is longer than 4000 characters';
    default:
      return `cannot be compared with a column of type ${type.name}`;
  }
}

const LARGEST = { tinyint: 128, smallint: 32_768, int: 2_147_483_648 };

/** The column's own type, or a wider one where the text has more digits: rounded to the column's, it would equal another number. */
function decimalFor(type: ServerType, text: string): string {
  const { precision = 38, scale = 0 } = type;
  const [whole = '', fraction = ''] = text.replace(/^[+-]?0*/, '').split('.');
  const decimals = withoutTrailing(fraction, '0').length;
  if (decimals <= scale && whole.length <= precision - scale) return `decimal(${precision},${scale})`;
  return `decimal(38,${Math.min(Math.max(decimals, scale), 38 - Math.min(38, whole.length))})`;
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const DAY = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?$/i;
const OFFSET = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)$/i;

/** The one form that no language setting of the login can turn around: YYYY-MM-DDTHH:MM:SS.fff. */
function moment(text: string, digits: number, made: (iso: string) => Comparable): Comparable | string {
  const m = MOMENT.exec(text);
  if (!m) return 'is not a date and time such as 2026-06-15T13:45:00';
  // The column has no zone: which one its clock shows is for the connector to know, and guessing would lose hours of rows.
  if (m[5]) return 'names a time zone, but the column has none: give the time as the system itself writes it';
  const fraction = (m[4] ?? '').slice(0, digits);
  return made(`${m[1]}T${m[2] ?? '00:00'}${m[3] ?? ':00'}${fraction ? `.${fraction}` : ''}`);
}
