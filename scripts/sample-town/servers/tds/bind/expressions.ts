// Expressions and conditions of T-SQL into SQLite text with a T-SQL type.
import {
  asDecimal,
  boundedDecimal,
  commonType,
  decimal,
  describeType,
  isBinary,
  isDecimal,
  isFloat,
  isInteger,
  isMoment,
  isNumber,
  isText,
  isUnicode,
  sqlType,
  types,
  MAX,
} from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { balanced, compare } from './comparisons.ts';
import { bindSessionValue, bindVariable, resolveColumn } from './scope.ts';
import type { Binding, Scope } from './scope.ts';
import { coerce, equalityKey, literal, paddedText, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import { SqlServerError, unsupported } from '../execute/sql-errors.ts';
import type { Expression, Predicate, Query } from '../parse/sql-syntax.ts';

export function bindValue(binding: Binding, scope: Scope, expression: Expression): Bound {
  // In a grouped query an expression that is grouped by as a whole may stand where its columns alone may not.
  if (scope.grouped !== undefined && expression.kind !== 'column' && expression.kind !== 'literal' && expression.kind !== 'variable') {
    const whole = groupedWhole(binding, scope, expression);
    if (whole !== undefined) return whole;
  }
  switch (expression.kind) {
    case 'literal':
      return literal(expression.value, expression.type);
    case 'column':
      return resolveColumn(scope, expression.parts);
    case 'variable':
      return bindVariable(binding, expression.name);
    case 'global':
      return bindGlobal(binding, expression.name);
    case 'plus':
      return bindValue(binding, scope, expression.operand);
    case 'negate':
      return negate(bindValue(binding, scope, expression.operand));
    case 'complement': {
      const operand = bindValue(binding, scope, expression.operand);
      if (!isInteger(operand.type)) throw unsupported(`~ on ${operand.type.name}`);
      return value(operand.type.name === 'bit' ? `(1 - ${operand.sql})` : `(~${operand.sql})`, operand.type, {
        nullable: operand.nullable,
      });
    }
    case 'arithmetic':
      return arithmetic(expression.operator, bindValue(binding, scope, expression.left), bindValue(binding, scope, expression.right));
    case 'case':
      return bindCase(binding, scope, expression);
    case 'cast':
      return bindCast(binding, scope, expression);
    case 'call':
      return binding.nested.call(binding, scope, expression);
    case 'scalar query':
      return bindScalarQuery(binding, scope, expression.query);
    default:
      throw new SqlServerError({ number: 102, class: 15, message: 'Incorrect syntax near a condition where a value is expected.' });
  }
}

function groupedWhole(binding: Binding, scope: Scope, expression: Expression): Bound | undefined {
  try {
    const plain = bindValue(binding, { ...scope, grouped: undefined, aggregates: false }, expression);
    return scope.grouped?.has(plain.sql) === true ? plain : undefined;
  } catch {
    return undefined;
  }
}

export function bindPredicate(binding: Binding, scope: Scope, expression: Expression): string {
  const operand = (one: Expression): Bound => bindValue(binding, scope, one);
  switch (expression.kind) {
    case 'and':
    case 'or':
      return balanced(
        expression.kind === 'and' ? 'AND' : 'OR',
        chained(expression).map((one) => bindPredicate(binding, scope, one)),
      );
    case 'not':
      return `(NOT ${bindPredicate(binding, scope, expression.operand)})`;
    case 'compare':
      return compare(expression.operator, operand(expression.left), operand(expression.right));
    case 'between': {
      const [middle, low, high] = [operand(expression.operand), operand(expression.low), operand(expression.high)];
      return negated(expression.negated, `(${compare('>=', middle, low)} AND ${compare('<=', middle, high)})`);
    }
    case 'in list': {
      const left = operand(expression.operand);
      return negated(
        expression.negated,
        balanced(
          'OR',
          expression.list.map((one) => compare('=', left, operand(one))),
        ),
      );
    }
    case 'in query':
      return negated(expression.negated, bindInQuery(binding, scope, operand(expression.operand), expression.query));
    case 'like':
      return negated(expression.negated, bindLike(binding, scope, expression));
    case 'is null':
      return `(${operand(expression.operand).sql} IS ${expression.negated ? 'NOT ' : ''}NULL)`;
    case 'exists':
      return `EXISTS (${binding.nested.query(binding, expression.query, scope).sql})`;
    default:
      throw new SqlServerError({
        number: 4145,
        class: 15,
        message: 'An expression of non-boolean type specified in a context where a condition is expected.',
      });
  }
}

/** The operands of a chain of the same connective, which the parser nests to the left. */
function chained(expression: Extract<Expression, { kind: 'and' | 'or' }>): Expression[] {
  const operands: Expression[] = [];
  let left: Expression = expression;
  while (left.kind === expression.kind) {
    operands.push(left.right);
    left = left.left;
  }
  return [left, ...operands.reverse()];
}

function negated(negative: boolean, sql: string): string {
  return negative ? `(NOT ${sql})` : sql;
}

function bindInQuery(binding: Binding, scope: Scope, left: Bound, query: Query): string {
  const probe = binding.nested.query(binding, query, scope);
  if (probe.columns.length !== 1) throw oneColumnOnly();
  const type = commonType(left.type, (probe.columns[0] as { type: SqlType }).type);
  const key = (one: Bound): string => equalityKey({ ...coerce(one, type), native: false });
  const sql = binding.nested.query(binding, query, scope, (items) => items.map((item) => value(key(item), item.type))).sql;
  return `(${key(left)} IN (${sql}))`;
}

function bindScalarQuery(binding: Binding, scope: Scope, query: Query): Bound {
  const bound = binding.nested.query(binding, query, scope);
  const column = bound.columns[0];
  if (column === undefined || bound.columns.length !== 1) throw oneColumnOnly();
  return value(`(${bound.sql})`, column.type, { native: column.native });
}

function oneColumnOnly(): SqlServerError {
  return new SqlServerError({
    number: 116,
    message: 'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
  });
}

function bindLike(binding: Binding, scope: Scope, expression: Extract<Predicate, { kind: 'like' }>): string {
  const operand = asText(bindValue(binding, scope, expression.operand));
  const pattern = asText(bindValue(binding, scope, expression.pattern));
  const escape = expression.escape === undefined ? undefined : bindValue(binding, scope, expression.escape);
  const text = typeof pattern.constant === 'string' ? pattern.constant : undefined;
  if (text !== undefined && escape === undefined && !/\[|[^\u0000-\u007f]| $/.test(text)) {
    return text.endsWith('%') ? `(${operand.sql} LIKE ${pattern.sql})` : `(rtrim(${operand.sql}, ' ') LIKE ${pattern.sql})`;
  }
  return `tds_like(${paddedText(operand)}, ${paddedText(pattern)}, ${escape?.sql ?? "''"})`;
}

export function asText(from: Bound): Bound {
  return isText(from.type) ? from : coerce(from, sqlType('varchar', { length: 8000 }));
}

function bindCase(binding: Binding, scope: Scope, expression: Extract<Expression, { kind: 'case' }>): Bound {
  const operand = expression.operand === undefined ? undefined : bindValue(binding, scope, expression.operand);
  const conditions = expression.branches.map(({ when }) =>
    operand === undefined ? bindPredicate(binding, scope, when) : compare('=', operand, bindValue(binding, scope, when)),
  );
  const results = expression.branches.map(({ then }) => bindValue(binding, scope, then));
  const otherwise = expression.otherwise === undefined ? literal(null, types.null) : bindValue(binding, scope, expression.otherwise);
  return choice(conditions, results, otherwise);
}

/** CASE: every result in the common type. */
export function choice(conditions: readonly string[], results: readonly Bound[], otherwise: Bound): Bound {
  const all = unify([...results, otherwise]);
  const branches = conditions.map((condition, index) => `WHEN ${condition} THEN ${(all[index] as Bound).sql}`);
  const last = all[all.length - 1] as Bound;
  return value(`CASE ${branches.join(' ')} ELSE ${last.sql} END`, last.type, {
    nullable: all.some(({ nullable }) => nullable),
    native: last.native,
  });
}

/** The values in their common type; decimals all as text unless all are native. */
export function unify(values: readonly Bound[]): Bound[] {
  const type = values.map((one) => one.type).reduce(commonType);
  const coerced = values.map((one) => coerce(one, type));
  const native = coerced.every((one) => one.native || one.constant === null);
  return coerced.map((one) => (one.native && !native ? asDecimalText(one) : { ...one, native }));
}

function asDecimalText(from: Bound): Bound {
  return value(`tds_decimal(${from.sql}, '${describeType(from.type)}')`, from.type, { nullable: from.nullable, fixed: from.fixed });
}

function bindCast(binding: Binding, scope: Scope, expression: Extract<Expression, { kind: 'cast' }>): Bound {
  const operand = bindValue(binding, scope, expression.operand);
  const style = expression.style === undefined ? undefined : bindValue(binding, scope, expression.style);
  if (style === undefined && !expression.lenient) {
    const cast = coerce(operand, expression.type, true);
    return cast === operand ? operand : { ...cast, column: undefined };
  }
  const name = expression.lenient ? 'tds_try_convert' : 'tds_convert';
  const sql = `${name}(${operand.sql}, '${describeType(operand.type)}', '${describeType(expression.type)}', ${style?.sql ?? 'NULL'})`;
  return value(sql, expression.type, { fixed: operand.fixed, beyondAscii: operand.beyondAscii });
}

function negate(operand: Bound): Bound {
  if (operand.constant !== undefined && operand.constant !== null && isNumber(operand.type)) {
    const { constant } = operand;
    const flipped =
      typeof constant === 'string'
        ? constant.startsWith('-')
          ? constant.slice(1)
          : `-${constant}`
        : typeof constant === 'bigint'
          ? -constant
          : -(constant as number);
    return literal(flipped, operand.type);
  }
  if (isDecimal(operand.type)) return value(`tds_calculate('-', '0', ${operand.sql}, '${describeType(operand.type)}')`, operand.type);
  if (!isNumber(operand.type)) throw unsupported(`- on ${operand.type.name}`);
  return value(`(-${operand.sql})`, operand.type, { nullable: operand.nullable });
}

type Operator = Extract<Expression, { kind: 'arithmetic' }>['operator'];

export function arithmetic(operator: Operator, left: Bound, right: Bound): Bound {
  const nullable = left.nullable || right.nullable;
  if (left.type.name === 'null' || right.type.name === 'null')
    return value('NULL', left.type.name === 'null' ? (right.type.name === 'null' ? types.int : right.type) : left.type);
  if (operator === '+' && isText(left.type) && isText(right.type)) return concatenate(left, right);
  if (isMoment(left.type) || isMoment(right.type)) return dayArithmetic(operator, left, right);
  if (operator === '+' && isBinary(left.type) && isBinary(right.type)) {
    return value(`CAST(${left.sql} || ${right.sql} AS BLOB)`, sqlType('varbinary', { length: addLengths(left.type, right.type, 8000) }), {
      nullable,
    });
  }
  const type = commonType(left.type, right.type);
  const [a, b] = [isText(left.type) ? coerce(left, type) : left, isText(right.type) ? coerce(right, type) : right];
  if (type.name === 'null' || !isNumber(type)) throw unsupported(`${left.type.name} ${operator} ${right.type.name}`);
  if (isFloat(type)) return floatArithmetic(operator, coerce(a, type), coerce(b, type), nullable);
  if (isDecimal(type)) return decimalArithmetic(operator, a, b);
  const result = type.name === 'bit' && '+-*/%'.includes(operator) ? types.int : type;
  const [x, y] = [coerce(a, result), coerce(b, result)];
  // SQLite answers a division by zero with NULL; SQL Server with error 8134.
  const safe = y.constant !== undefined && y.constant !== null && Number(y.constant) !== 0;
  if (operator === '/' && !safe) return value(`tds_divide(${x.sql}, ${y.sql})`, result, { nullable });
  if (operator === '%' && !safe) return value(`tds_modulo(${x.sql}, ${y.sql})`, result, { nullable });
  if (operator === '^') return value(`((${x.sql} | ${y.sql}) - (${x.sql} & ${y.sql}))`, result, { nullable });
  return value(`(${x.sql} ${operator} ${y.sql})`, result, { nullable });
}

function addLengths(left: SqlType, right: SqlType, longest: number): number {
  return left.length === MAX || right.length === MAX ? MAX : Math.min(longest, left.length + right.length);
}

function concatenate(left: Bound, right: Bound): Bound {
  const unicode = isUnicode(left.type) || isUnicode(right.type);
  const type = sqlType(unicode ? 'nvarchar' : 'varchar', { length: addLengths(left.type, right.type, unicode ? 4000 : 8000) });
  return value(`(${paddedText(left)} || ${paddedText(right)})`, type, {
    nullable: left.nullable || right.nullable,
    beyondAscii: left.beyondAscii || right.beyondAscii,
  });
}

function floatArithmetic(operator: Operator, left: Bound, right: Bound, nullable: boolean): Bound {
  if (operator === '/') return value(`tds_float_divide(${left.sql}, ${right.sql})`, types.float, { nullable });
  if (!'+-*'.includes(operator)) throw unsupported(`float ${operator} float`);
  return value(`(${left.sql} ${operator} ${right.sql})`, types.float, { nullable });
}

/** Precision and scale by "Precision, scale, and length" of the T-SQL reference. */
function decimalArithmetic(operator: Operator, left: Bound, right: Bound): Bound {
  const [a, b] = [precisionOf(left), precisionOf(right)];
  const bothMoney = [left, right].every(({ type }) => type.name === 'money' || type.name === 'smallmoney' || isInteger(type));
  const integral = Math.max(a.precision - a.scale, b.precision - b.scale);
  const scale = Math.max(a.scale, b.scale);
  let type: SqlType;
  if (bothMoney) type = types.money;
  else if (operator === '+' || operator === '-') type = boundedDecimal(integral + scale + 1, scale);
  else if (operator === '*') type = boundedDecimal(a.precision + b.precision + 1, a.scale + b.scale);
  else if (operator === '/') {
    const wanted = Math.max(6, a.scale + b.precision + 1);
    type = boundedDecimal(a.precision - a.scale + b.scale + wanted, wanted);
  } else if (operator === '%') type = boundedDecimal(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
  else throw unsupported(`${operator} on decimals`);
  return value(`tds_calculate('${operator}', ${left.sql}, ${right.sql}, '${describeType(type)}')`, type, {
    nullable: left.nullable || right.nullable,
  });
}

/** An integer literal counts with the digits it has: 10.0 / 3 is a numeric(3,1) by a numeric(1,0). */
function precisionOf(side: Bound): SqlType {
  if (!isInteger(side.type) || side.constant === undefined || side.constant === null) return asDecimal(side.type);
  return decimal(String(side.constant).replace('-', '').length, 0);
}

/** datetime ± days. DATE and DATETIME2 refuse it, as in SQL Server. */
function dayArithmetic(operator: Operator, left: Bound, right: Bound): Bound {
  const [moment, days] = isMoment(left.type) ? [left, right] : [right, left];
  if (moment.type.name !== 'datetime' && moment.type.name !== 'smalldatetime') {
    throw new SqlServerError({
      number: 206,
      state: 2,
      message: `Operand type clash: ${moment.type.name} is incompatible with ${days.type.name}`,
    });
  }
  if ((operator !== '+' && operator !== '-') || !isInteger(days.type) || (operator === '-' && moment === right))
    throw unsupported(`${left.type.name} ${operator} ${right.type.name}`);
  const amount = operator === '-' ? `(-${days.sql})` : days.sql;
  return value(`tds_dateadd('DAY', ${amount}, ${moment.sql}, '${describeType(moment.type)}')`, moment.type, {
    nullable: left.nullable || right.nullable,
    fixed: left.fixed && right.fixed,
  });
}

const globals: Record<string, SqlType> = {
  '@@version': sqlType('nvarchar', { length: 300 }),
  '@@trancount': types.int,
  '@@rowcount': types.int,
  '@@spid': types.smallint,
  '@@dbts': sqlType('varbinary', { length: 8 }),
  '@@error': types.int,
  '@@identity': sqlType('numeric', { precision: 38, scale: 0 }),
  '@@servername': types.sysname,
  '@@servicename': types.sysname,
  '@@language': types.sysname,
  '@@max_precision': types.tinyint,
  '@@options': types.int,
  '@@nestlevel': types.int,
  '@@datefirst': types.tinyint,
  '@@lock_timeout': types.int,
};

function bindGlobal(binding: Binding, name: string): Bound {
  const type = globals[name];
  if (type === undefined) throw unsupported(name);
  return bindSessionValue(binding, name, type);
}
