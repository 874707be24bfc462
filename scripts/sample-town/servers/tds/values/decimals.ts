// Exact decimals: bigint of the smallest unit and a scale. No amount ever passes through a float.
import { SqlServerError, divideByZero, overflow } from '../execute/sql-errors.ts';
import type { SqlType } from '../wire/column-types.ts';

export interface Decimal {
  units: bigint;
  scale: number;
}

const plain = /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/;
const exponential = /^\s*([+-]?\d*\.?\d*)[eE]([+-]?\d+)\s*$/;

/** Reads what SQLite holds for an amount: text, an integer, or a number that its NUMERIC affinity made of the text. */
export function readDecimal(value: string | number | bigint): Decimal {
  if (typeof value === 'bigint') return { units: value, scale: 0 };
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? { units: BigInt(value), scale: 0 } : parseDecimal(String(value));
  return parseDecimal(value);
}

export function parseDecimal(text: string): Decimal {
  const match = plain.exec(text);
  if (match !== null && (match[2] !== '' || (match[3] ?? '') !== '')) {
    const fraction = match[3] ?? '';
    const units = BigInt(`${match[2] as string}${fraction}`);
    return { units: match[1] === '-' ? -units : units, scale: fraction.length };
  }
  const scientific = exponential.exec(text);
  if (scientific === null) throw new SqlServerError({ number: 8114, state: 5, message: 'Error converting data type nvarchar to numeric.' });
  const mantissa = parseDecimal(scientific[1] as string);
  const scale = mantissa.scale - Number(scientific[2]);
  return scale >= 0 ? { units: mantissa.units, scale } : { units: mantissa.units * power(-scale), scale: 0 };
}

/** Rounds half away from zero, as SQL Server does. */
export function rescale(value: Decimal, scale: number): Decimal {
  if (value.scale === scale) return value;
  if (value.scale < scale) return { units: value.units * power(scale - value.scale), scale };
  return { units: divideRounded(value.units, power(value.scale - scale)), scale };
}

/** The text with exactly the type's scale; throws 8115 when the value has more digits than the type. */
export function formatFor(value: Decimal, type: SqlType, round = true): string {
  const fitted = round
    ? rescale(value, type.scale)
    : { units: value.units / power(Math.max(0, value.scale - type.scale)), scale: type.scale };
  if (type.precision > 0 && absolute(fitted.units) >= power(type.precision))
    throw overflow(type.name === 'decimal' ? 'numeric' : type.name);
  return formatDecimal(fitted);
}

export function formatDecimal({ units, scale }: Decimal): string {
  const digits = absolute(units)
    .toString()
    .padStart(scale + 1, '0');
  const sign = units < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function compareDecimals(left: Decimal, right: Decimal): number {
  const scale = Math.max(left.scale, right.scale);
  const [a, b] = [rescale(left, scale).units, rescale(right, scale).units];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text whose byte order is the numeric order, equal for equal amounts of any scale: for ORDER BY, GROUP BY and DISTINCT. */
export function sortKey(value: Decimal): string {
  const whole = rescale(value, 38).units;
  const digits = absolute(whole).toString().padStart(78, '0');
  return whole >= 0n ? `1${digits}` : `0${digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)))}`;
}

export function calculate(operator: string, left: Decimal, right: Decimal, scale: number): Decimal {
  switch (operator) {
    case '+':
    case '-': {
      const common = Math.max(left.scale, right.scale);
      const [a, b] = [rescale(left, common).units, rescale(right, common).units];
      return rescale({ units: operator === '+' ? a + b : a - b, scale: common }, scale);
    }
    case '*':
      return rescale({ units: left.units * right.units, scale: left.scale + right.scale }, scale);
    case '/': {
      if (right.units === 0n) throw divideByZero();
      // SQL Server truncates a quotient at the result's scale.
      const shift = scale + right.scale - left.scale;
      const numerator = shift >= 0 ? left.units * power(shift) : left.units;
      const denominator = shift >= 0 ? right.units : right.units * power(-shift);
      return { units: numerator / denominator, scale };
    }
    case '%': {
      if (right.units === 0n) throw divideByZero();
      const common = Math.max(left.scale, right.scale);
      return rescale({ units: rescale(left, common).units % rescale(right, common).units, scale: common }, scale);
    }
    default:
      throw new Error(`no decimal operator ${operator}`);
  }
}

const powers: bigint[] = [1n];
export function power(exponent: number): bigint {
  while (powers.length <= exponent) powers.push((powers[powers.length - 1] as bigint) * 10n);
  return powers[exponent] as bigint;
}

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function divideRounded(value: bigint, divisor: bigint): bigint {
  const rounded = (absolute(value) * 2n + divisor) / (divisor * 2n);
  return value < 0n ? -rounded : rounded;
}
