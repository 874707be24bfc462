// The built-in functions: aggregates, windows, text, numbers, dates, and what a session or the catalog knows.
import {
  MAX,
  asDecimal,
  decimal,
  describeType,
  isBinary,
  isDecimal,
  isFloat,
  isInteger,
  isMoment,
  isPadded,
  isText,
  isUnicode,
  sqlType,
  types,
} from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { asText, bindPredicate, bindValue, choice, unify } from './expressions.ts';
import { bindMetadataCall } from './metadata.ts';
import { compare } from './comparisons.ts';
import { bindSessionValue } from './scope.ts';
import type { Binding, Scope } from './scope.ts';
import { coerce, equalityKey, literal, orderKey, paddedText, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import { datePartName } from '../values/date-arithmetic.ts';
import { SqlServerError, unsupported } from '../execute/sql-errors.ts';
import type { Expression } from '../parse/sql-syntax.ts';

export type Call = Extract<Expression, { kind: 'call' }>;

export const aggregateNames = new Set(['COUNT', 'COUNT_BIG', 'SUM', 'AVG', 'MIN', 'MAX']);
const windowOnly = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

export function bindCall(binding: Binding, scope: Scope, call: Call): Bound {
  if (call.over !== undefined || windowOnly.has(call.name)) return bindWindow(binding, scope, call);
  if (aggregateNames.has(call.name)) {
    if (!scope.aggregates)
      throw new SqlServerError({
        number: 147,
        message:
          'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
      });
    return bindAggregate(binding, { ...scope, grouped: undefined, aggregates: false }, call);
  }
  if (call.star || call.distinct) throw unsupported(`${call.name}(${call.star ? '*' : 'DISTINCT …'})`);
  if (call.name === 'IIF') {
    const [condition, yes, no] = exactly(call, 3) as [Expression, Expression, Expression];
    return choice([bindPredicate(binding, scope, condition)], [bindValue(binding, scope, yes)], bindValue(binding, scope, no));
  }
  const dated = bindDateCall(binding, scope, call);
  if (dated !== undefined) return dated;
  const args = call.args.map((argument) => bindValue(binding, scope, argument));
  const scalar = scalars[call.name];
  if (scalar !== undefined) {
    if (args.length < scalar.least || args.length > scalar.most) throw wrongCount(call.name, scalar.least);
    return scalar.bind(args, binding);
  }
  const known = bindMetadataCall(binding, call.name, args);
  if (known === undefined) throw unsupported(`the function ${call.name}`);
  return known;
}

function exactly(call: Call, count: number): Expression[] {
  if (call.args.length !== count) throw wrongCount(call.name, count);
  return call.args;
}

function wrongCount(name: string, count: number): SqlServerError {
  return new SqlServerError({ number: 174, class: 15, message: `The ${name.toLowerCase()} function requires ${count} argument(s).` });
}

function bindAggregate(binding: Binding, scope: Scope, call: Call): Bound {
  const { name } = call;
  const distinct = call.distinct ? 'DISTINCT ' : '';
  if (name === 'COUNT' || name === 'COUNT_BIG') {
    const type = name === 'COUNT' ? types.int : types.bigint;
    if (call.star) return value('COUNT(*)', type, { nullable: false });
    const [argument] = exactly(call, 1) as [Expression];
    const counted = bindValue(binding, scope, argument);
    return value(`COUNT(${distinct}${call.distinct ? equalityKey(counted) : counted.sql})`, type, { nullable: false });
  }
  const argument = bindValue(binding, scope, exactly(call, 1)[0] as Expression);
  const { type } = argument;
  if (name === 'MIN' || name === 'MAX') {
    if (type.name === 'bit') throw notAggregable(type, name);
    if (isDecimal(type) && !argument.native) return value(`tds_${name.toLowerCase()}(${argument.sql})`, type);
    return value(`${name}(${orderKey(argument)})`, type, { native: argument.native });
  }
  if (isFloat(type)) return value(`${name}(${distinct}${argument.sql})`, types.float);
  if (isInteger(type) && type.name !== 'bit') {
    const result = type.name === 'bigint' ? types.bigint : types.int;
    const sum = `SUM(${distinct}${argument.sql})`;
    // AVG of integers is an integer in T-SQL.
    return value(name === 'SUM' ? sum : `(${sum} / COUNT(${distinct}${argument.sql}))`, result);
  }
  if (!isDecimal(type)) throw notAggregable(type, name);
  const money = type.name === 'money' || type.name === 'smallmoney';
  const sum = `tds_sum(${distinct}${argument.sql})`;
  const result = money ? types.money : decimal(38, name === 'SUM' ? type.scale : Math.max(type.scale, 6));
  return value(
    name === 'SUM'
      ? `tds_decimal(${sum}, '${describeType(result)}')`
      : `tds_calculate('/', ${sum}, COUNT(${distinct}${argument.sql}), '${describeType(result)}')`,
    result,
  );
}

function notAggregable(type: SqlType, name: string): SqlServerError {
  return new SqlServerError({ number: 8117, message: `Operand data type ${type.name} is invalid for ${name.toLowerCase()} operator.` });
}

function bindWindow(binding: Binding, scope: Scope, call: Call): Bound {
  if (call.over === undefined)
    throw new SqlServerError({ number: 10753, class: 15, message: `The function '${call.name}' must have an OVER clause.` });
  const partition = call.over.partitionBy.map((one) => equalityKey(bindValue(binding, scope, one)));
  const order = call.over.orderBy.map((item) => `${orderKey(bindValue(binding, scope, item.expression))}${item.descending ? ' DESC' : ''}`);
  const window = [
    partition.length > 0 ? `PARTITION BY ${partition.join(', ')}` : '',
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
  if (windowOnly.has(call.name)) return value(`${call.name}() OVER (${window})`, types.bigint, { nullable: false });
  if (!aggregateNames.has(call.name) || call.name === 'AVG' || call.distinct) throw unsupported(`${call.name} … OVER`);
  const inner = bindAggregate(binding, scope, call);
  if (inner.sql.startsWith('tds_')) throw unsupported(`${call.name} of decimals OVER a window`);
  return { ...inner, sql: `${inner.sql} OVER (${window})` };
}

/** DATEADD and its like take a date part as a bare word, which must not be bound as a column. */
function bindDateCall(binding: Binding, scope: Scope, call: Call): Bound | undefined {
  const shorthand: Record<string, string> = { YEAR: 'YEAR', MONTH: 'MONTH', DAY: 'DAY' };
  const simple = shorthand[call.name];
  if (simple !== undefined) return part(simple, bindValue(binding, scope, exactly(call, 1)[0] as Expression));
  if (!['DATEPART', 'DATENAME', 'DATEADD', 'DATEDIFF', 'DATEDIFF_BIG'].includes(call.name)) return undefined;
  const args = exactly(call, call.name === 'DATEPART' || call.name === 'DATENAME' ? 2 : 3);
  const word = args[0]?.kind === 'column' && args[0].parts.length === 1 ? (args[0].parts[0] as string) : '';
  const name = datePartName(word);
  if (name === undefined)
    throw new SqlServerError({ number: 155, class: 15, message: `'${word}' is not a recognized ${call.name.toLowerCase()} option.` });
  const [first, second] = args.slice(1).map((argument) => bindValue(binding, scope, argument)) as [Bound, Bound];
  if (call.name === 'DATEPART') return part(name, first);
  if (call.name === 'DATENAME') throw unsupported('DATENAME');
  const fixed = first.fixed && second.fixed;
  if (call.name === 'DATEADD') {
    const moment = asMoment(second);
    const amount = isInteger(first.type) ? first : coerce(first, types.bigint);
    return value(`tds_dateadd('${name}', ${amount.sql}, ${moment.sql}, '${describeType(moment.type)}')`, moment.type, { fixed });
  }
  return value(
    `tds_datediff('${name}', ${asMoment(first).sql}, ${asMoment(second).sql})`,
    call.name === 'DATEDIFF' ? types.int : types.bigint,
    { fixed },
  );
}

function part(name: string, from: Bound): Bound {
  return value(`tds_datepart('${name}', ${asMoment(from).sql})`, types.int, { fixed: from.fixed });
}

function asMoment(from: Bound): Bound {
  if (isMoment(from.type)) return from;
  return coerce(from, isText(from.type) ? types.datetime2 : types.datetime);
}

interface Scalar {
  least: number;
  most: number;
  bind: (args: Bound[], binding: Binding) => Bound;
}

function scalar(least: number, most: number, bind: (args: [Bound, Bound, Bound], binding: Binding) => Bound): Scalar {
  return { least, most, bind: bind as Scalar['bind'] };
}

const textOf = (from: Bound, fields: Partial<SqlType> = {}): SqlType => {
  const padded = isPadded(from.type);
  return { ...from.type, name: padded ? (from.type.name === 'nchar' ? 'nvarchar' : 'varchar') : from.type.name, ...fields };
};
const textFunction = (build: (sql: string) => string, trimmed = false): Scalar =>
  scalar(1, 1, ([one]) => {
    const text = asText(one);
    return value(build(trimmed ? text.sql : paddedText(text)), textOf(text), {
      nullable: text.nullable,
      fixed: text.fixed,
      beyondAscii: text.beyondAscii,
    });
  });
const now = (name: string, type: SqlType): Scalar => scalar(0, 0, (_args, binding) => bindSessionValue(binding, name, type));
const integer = (from: Bound): string => (isInteger(from.type) ? from.sql : coerce(from, types.bigint, true).sql);

const scalars: Record<string, Scalar> = {
  ISNULL: scalar(2, 2, ([first, second]) => {
    if (first.type.name === 'null') return second;
    // ISNULL keeps the first one's type and cuts the second to it, unlike COALESCE.
    const [a, b] = [first, coerce(second, first.type)];
    const native = a.native && (b.native || b.constant === null);
    const sql = a.native && !native ? `tds_decimal(${a.sql}, '${describeType(a.type)}')` : a.sql;
    return value(`ifnull(${sql}, ${b.sql})`, first.type, { nullable: b.nullable, native, fixed: a.fixed && b.fixed });
  }),
  COALESCE: {
    least: 1,
    most: 100,
    bind: (args) => {
      const all = unify(args);
      const first = all[0] as Bound;
      return value(all.length === 1 ? first.sql : `coalesce(${all.map(({ sql }) => sql).join(', ')})`, first.type, {
        native: first.native,
        nullable: all.every(({ nullable }) => nullable),
      });
    },
  },
  NULLIF: scalar(2, 2, ([a, b]) => value(`CASE WHEN ${compare('=', a, b)} THEN NULL ELSE ${a.sql} END`, a.type, { native: a.native })),
  LEN: scalar(1, 1, ([one]) => {
    const text = asText(one);
    return value(`length(rtrim(${text.sql}, ' '))`, text.type.length === MAX ? types.bigint : types.int, { nullable: one.nullable });
  }),
  DATALENGTH: scalar(1, 1, ([one]) => value(`tds_datalength(${one.sql}, '${describeType(one.type)}')`, types.int)),
  RTRIM: textFunction((sql) => `rtrim(${sql}, ' ')`, true),
  LTRIM: textFunction((sql) => `ltrim(${sql}, ' ')`),
  TRIM: textFunction((sql) => `trim(${sql}, ' ')`, true),
  UPPER: textFunction((sql) => `tds_upper(${sql})`),
  LOWER: textFunction((sql) => `tds_lower(${sql})`),
  SUBSTRING: scalar(3, 3, ([one, start, length]) => {
    const source = isBinary(one.type) ? one : asText(one);
    return value(
      `tds_substring(${isBinary(one.type) ? one.sql : paddedText(source)}, ${integer(start)}, ${integer(length)})`,
      isBinary(one.type) ? sqlType('varbinary', { length: one.type.length }) : textOf(source),
    );
  }),
  LEFT: scalar(2, 2, ([one, count]) => value(`tds_substring(${paddedText(asText(one))}, 1, ${integer(count)})`, textOf(asText(one)))),
  RIGHT: scalar(2, 2, ([one, count]) => {
    const text = asText(one);
    const whole = paddedText(text);
    return value(`tds_substring(${whole}, max(1, length(${whole}) - ${integer(count)} + 1), ${integer(count)})`, textOf(text));
  }),
  REPLACE: scalar(3, 3, ([one, search, replacement]) =>
    value(
      `tds_replace(${[one, search, replacement].map((each) => paddedText(asText(each))).join(', ')})`,
      sqlType([one, search, replacement].some(({ type }) => isUnicode(type)) ? 'nvarchar' : 'varchar', {
        length: isUnicode(asText(one).type) ? 4000 : 8000,
      }),
    ),
  ),
  REPLICATE: scalar(2, 2, ([one, count]) =>
    value(
      `tds_replicate(${paddedText(asText(one))}, ${integer(count)})`,
      textOf(asText(one), { length: isUnicode(asText(one).type) ? 4000 : 8000 }),
    ),
  ),
  CHARINDEX: scalar(2, 3, ([search, one, start]) =>
    value(
      `tds_charindex(${asText(search).sql}, ${paddedText(asText(one))}, ${(start as Bound | undefined) === undefined ? '1' : integer(start)})`,
      types.int,
    ),
  ),
  CONCAT: {
    least: 2,
    most: 250,
    bind: (args) => {
      const texts = args.map((one) => (one.type.name === 'null' ? literal('', sqlType('varchar', { length: 1 })) : asText(one)));
      const unicode = texts.some(({ type }) => isUnicode(type));
      const long = texts.some(({ type }) => type.length === MAX);
      const length = long
        ? MAX
        : Math.min(
            unicode ? 4000 : 8000,
            texts.reduce((sum, { type }) => sum + type.length, 0),
          );
      return value(
        `(${texts.map((one) => `ifnull(${paddedText(one)}, '')`).join(' || ')})`,
        sqlType(unicode ? 'nvarchar' : 'varchar', { length }),
        { nullable: false },
      );
    },
  },
  ABS: scalar(1, 1, ([one]) =>
    isDecimal(one.type)
      ? choice(
          [compare('<', one, literal(0, types.int))],
          [value(`tds_calculate('-', '0', ${one.sql}, '${describeType(one.type)}')`, one.type)],
          { ...one, native: false },
        )
      : value(`abs(${one.sql})`, one.type),
  ),
  SIGN: scalar(1, 1, ([one]) =>
    isDecimal(one.type) ? value(`tds_compare(${one.sql}, 0)`, types.int) : value(`sign(${one.sql})`, one.type),
  ),
  ROUND: scalar(2, 3, ([one, digits, how]) => {
    const type = isDecimal(one.type)
      ? one.type.name === 'money'
        ? one.type
        : { ...asDecimal(one.type), precision: Math.min(38, one.type.precision + 1) }
      : one.type;
    return value(
      `tds_round(${one.sql}, ${integer(digits)}, ${(how as Bound | undefined) === undefined ? '0' : integer(how)}, '${describeType(type)}')`,
      type,
    );
  }),
  FLOOR: scalar(1, 1, ([one]) => wholeNumber('tds_floor', one)),
  CEILING: scalar(1, 1, ([one]) => wholeNumber('tds_ceiling', one)),
  EOMONTH: scalar(1, 1, ([one]) =>
    value(
      `tds_dateadd('DAY', -1, tds_dateadd('MONTH', 1, tds_dateadd('DAY', 1 - tds_datepart('DAY', ${asMoment(one).sql}), ${asMoment(one).sql}, 'date'), 'date'), 'date')`,
      types.date,
    ),
  ),
  DATEFROMPARTS: scalar(3, 3, ([year, month, day]) =>
    value(`tds_convert(printf('%04d-%02d-%02d', ${integer(year)}, ${integer(month)}, ${integer(day)}), 'varchar(10)', 'date')`, types.date),
  ),
  GETDATE: now('now', types.datetime),
  CURRENT_TIMESTAMP: now('now', types.datetime),
  GETUTCDATE: now('utcnow', types.datetime),
  SYSDATETIME: now('sysnow', types.datetime2),
  SYSUTCDATETIME: now('sysutcnow', types.datetime2),
};

function wholeNumber(name: string, one: Bound): Bound {
  if (isInteger(one.type)) return one;
  const type = isDecimal(one.type) && one.type.name !== 'money' ? decimal(one.type.precision, 0) : one.type;
  return value(`${name}(${one.sql}, '${describeType(type)}')`, type);
}
