// Expressions and search conditions, by precedence: OR, AND, NOT, comparison, + - & | ^, * / %, unary.
import { MAX, decimal, nvarchar, sqlType, typeFromName, types, varchar, varbinary } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import type { Cursor } from '../execute/sql-cursor.ts';
import { SqlServerError, unsupported } from '../execute/sql-errors.ts';
import type { Comparison, Expression, Window } from './sql-syntax.ts';

export function parseCondition(cursor: Cursor): Expression {
  return parseExpression(cursor);
}

export function parseExpression(cursor: Cursor): Expression {
  let left = parseAnd(cursor);
  while (cursor.take('OR')) left = { kind: 'or', left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor);
  while (cursor.take('AND')) left = { kind: 'and', left, right: parseNot(cursor) };
  return left;
}

function parseNot(cursor: Cursor): Expression {
  if (cursor.take('NOT')) return { kind: 'not', operand: parseNot(cursor) };
  return parseComparison(cursor);
}

const comparisons: Record<string, Comparison> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '!>': '<=',
  '>': '>',
  '>=': '>=',
  '!<': '>=',
};

function parseComparison(cursor: Cursor): Expression {
  const left = parseSum(cursor);
  const operator = comparisons[cursor.token.key];
  if (operator !== undefined) {
    cursor.next();
    if (cursor.is('ANY') || cursor.is('ALL') || cursor.is('SOME')) throw unsupported(`${operator} ${cursor.token.text}`);
    return { kind: 'compare', operator, left, right: parseSum(cursor) };
  }
  if (cursor.take('IS')) {
    const negated = cursor.take('NOT');
    if (cursor.is('DISTINCT')) throw unsupported('IS DISTINCT FROM');
    cursor.expect('NULL');
    return { kind: 'is null', negated, operand: left };
  }
  const negated = cursor.is('NOT') && ['IN', 'LIKE', 'BETWEEN'].includes(cursor.peek(1).key) && cursor.take('NOT');
  if (cursor.take('BETWEEN')) {
    const low = parseSum(cursor);
    cursor.expect('AND');
    return { kind: 'between', negated, operand: left, low, high: parseSum(cursor) };
  }
  if (cursor.take('LIKE')) {
    const pattern = parseSum(cursor);
    return { kind: 'like', negated, operand: left, pattern, escape: cursor.take('ESCAPE') ? parseSum(cursor) : undefined };
  }
  if (cursor.take('IN')) {
    cursor.expect('(');
    if (cursor.is('SELECT') || cursor.is('WITH')) {
      const query = cursor.nested.query(cursor);
      cursor.expect(')');
      return { kind: 'in query', negated, operand: left, query };
    }
    const list = parseList(cursor);
    cursor.expect(')');
    return { kind: 'in list', negated, operand: left, list };
  }
  return left;
}

function parseSum(cursor: Cursor): Expression {
  let left = parseProduct(cursor);
  while (['+', '-', '&', '|', '^'].includes(cursor.token.key)) {
    const operator = cursor.next().key as '+';
    left = { kind: 'arithmetic', operator, left, right: parseProduct(cursor) };
  }
  return left;
}

function parseProduct(cursor: Cursor): Expression {
  let left = parseUnary(cursor);
  while (['*', '/', '%'].includes(cursor.token.key)) {
    const operator = cursor.next().key as '*';
    left = { kind: 'arithmetic', operator, left, right: parseUnary(cursor) };
  }
  return left;
}

function parseUnary(cursor: Cursor): Expression {
  if (cursor.take('-')) return { kind: 'negate', operand: parseUnary(cursor) };
  if (cursor.take('+')) return { kind: 'plus', operand: parseUnary(cursor) };
  if (cursor.take('~')) return { kind: 'complement', operand: parseUnary(cursor) };
  return parsePrimary(cursor);
}

function parsePrimary(cursor: Cursor): Expression {
  const expression = parseBare(cursor);
  if (!cursor.take('COLLATE')) return expression;
  const collation = cursor.name().toUpperCase();
  // The database's own collation, named, changes nothing; any other would compare differently than the stand-in can.
  if (collation !== 'DATABASE_DEFAULT' && !/^(SQL_)?LATIN1_GENERAL(_CP1|_100)?_CI_AS$/.test(collation))
    throw unsupported(`COLLATE ${collation}`);
  return expression;
}

function parseBare(cursor: Cursor): Expression {
  const { token } = cursor;
  switch (token.kind) {
    case 'text':
    case 'unicode text': {
      cursor.next();
      const length = token.text.length > (token.kind === 'text' ? 8000 : 4000) ? MAX : Math.max(1, token.text.length);
      return { kind: 'literal', type: token.kind === 'text' ? varchar(length) : nvarchar(length), value: token.text };
    }
    case 'number':
      cursor.next();
      return numberLiteral(token.text);
    case 'binary': {
      cursor.next();
      const value = Buffer.from(token.text.length % 2 === 1 ? `0${token.text}` : token.text, 'hex');
      return { kind: 'literal', type: varbinary(Math.max(1, value.length)), value };
    }
    case 'variable':
      return { kind: 'variable', name: cursor.next().text };
    case 'global':
      return { kind: 'global', name: cursor.next().text };
    case 'quoted':
      return parseNameOrCall(cursor);
    case 'symbol':
      if (cursor.take('(')) return parseParenthesis(cursor);
      throw cursor.unexpected();
    case 'word':
      return parseWord(cursor);
    case 'end':
      throw cursor.unexpected();
  }
}

function numberLiteral(text: string): Expression {
  if (text.startsWith('$')) return { kind: 'literal', type: types.money, value: text.slice(1) };
  if (/[eE]/.test(text)) return { kind: 'literal', type: types.float, value: Number(text) };
  const [whole, fraction] = [text.split('.')[0] as string, text.split('.')[1] ?? ''];
  const digits = whole.replace(/^0+/, '').length;
  if (!text.includes('.') && (digits < 10 || BigInt(text) <= 2147483647n)) return { kind: 'literal', type: types.int, value: Number(text) };
  const precision = Math.max(1, digits + fraction.length);
  if (precision > 38)
    throw new SqlServerError({
      number: 1007,
      class: 15,
      message: `The number '${text}' is out of the range for numeric representation (maximum precision 38).`,
    });
  const value = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return { kind: 'literal', type: sqlType('numeric', decimal(precision, fraction.length)), value };
}

function parseParenthesis(cursor: Cursor): Expression {
  if (cursor.is('SELECT') || cursor.is('WITH')) {
    const query = cursor.nested.query(cursor);
    cursor.expect(')');
    return { kind: 'scalar query', query };
  }
  const inner = parseExpression(cursor);
  cursor.expect(')');
  return inner;
}

const callsWithoutParentheses = new Set(['CURRENT_TIMESTAMP', 'CURRENT_USER', 'SESSION_USER', 'SYSTEM_USER', 'USER']);
/** Reserved words that are functions anyway. */
const reservedFunctions = new Set(['LEFT', 'RIGHT', 'CONVERT', 'COALESCE', 'NULLIF']);

function parseWord(cursor: Cursor): Expression {
  const { key } = cursor.token;
  switch (key) {
    case 'NULL':
      cursor.next();
      return { kind: 'literal', type: types.null, value: null };
    case 'CASE':
      cursor.next();
      return parseCase(cursor);
    case 'EXISTS': {
      cursor.next();
      cursor.expect('(');
      const query = cursor.nested.query(cursor);
      cursor.expect(')');
      return { kind: 'exists', query };
    }
    case 'CAST':
    case 'TRY_CAST': {
      if (cursor.peek(1).key !== '(') break;
      cursor.next();
      cursor.expect('(');
      const operand = parseExpression(cursor);
      cursor.expect('AS');
      const type = parseType(cursor, true);
      cursor.expect(')');
      return { kind: 'cast', operand, type, style: undefined, lenient: key === 'TRY_CAST' };
    }
    case 'CONVERT':
    case 'TRY_CONVERT': {
      if (cursor.peek(1).key !== '(') break;
      cursor.next();
      cursor.expect('(');
      const type = parseType(cursor, true);
      cursor.expect(',');
      const operand = parseExpression(cursor);
      const style = cursor.take(',') ? parseExpression(cursor) : undefined;
      cursor.expect(')');
      return { kind: 'cast', operand, type, style, lenient: key === 'TRY_CONVERT' };
    }
    default:
      break;
  }
  if (callsWithoutParentheses.has(key)) {
    cursor.next();
    return { kind: 'call', name: key, args: [], star: false, distinct: false, over: undefined };
  }
  if (reservedFunctions.has(key) && cursor.peek(1).key === '(') {
    cursor.next();
    return parseCall(cursor, key);
  }
  return parseNameOrCall(cursor);
}

function parseNameOrCall(cursor: Cursor): Expression {
  const parts = cursor.multipartName();
  if (cursor.is('('))
    return parseCall(
      cursor,
      parts
        .filter((part) => part.toLowerCase() !== 'sys')
        .join('.')
        .toUpperCase(),
    );
  return { kind: 'column', parts };
}

function parseCall(cursor: Cursor, name: string): Expression {
  cursor.expect('(');
  const distinct = cursor.take('DISTINCT');
  const star = cursor.take('*');
  const args = star || cursor.is(')') ? [] : parseList(cursor);
  cursor.expect(')');
  const over = cursor.take('OVER') ? parseWindow(cursor) : undefined;
  return { kind: 'call', name, args, star, distinct, over };
}

function parseWindow(cursor: Cursor): Window {
  cursor.expect('(');
  const partitionBy = cursor.take('PARTITION', 'BY') ? parseList(cursor) : [];
  const orderBy = cursor.nested.orderBy(cursor);
  cursor.expect(')');
  return { partitionBy, orderBy };
}

function parseCase(cursor: Cursor): Expression {
  const operand = cursor.is('WHEN') ? undefined : parseExpression(cursor);
  const branches: { when: Expression; then: Expression }[] = [];
  while (cursor.take('WHEN')) {
    const when = parseExpression(cursor);
    cursor.expect('THEN');
    branches.push({ when, then: parseExpression(cursor) });
  }
  const otherwise = cursor.take('ELSE') ? parseExpression(cursor) : undefined;
  cursor.expect('END');
  return { kind: 'case', operand, branches, otherwise };
}

export function parseList(cursor: Cursor): Expression[] {
  const list = [parseExpression(cursor)];
  while (cursor.take(',')) list.push(parseExpression(cursor));
  return list;
}

/** A type with its arguments. In CAST and CONVERT a bare varchar means varchar(30). */
export function parseType(cursor: Cursor, inCast = false): SqlType {
  const parts = cursor.multipartName();
  const name = parts[parts.length - 1] as string;
  const args: string[] = [];
  if (cursor.take('(')) {
    do args.push(cursor.next().text);
    while (cursor.take(','));
    cursor.expect(')');
  }
  const type = typeFromName(name, args);
  if (type === undefined) throw new SqlServerError({ number: 243, message: `Type ${name} is not a defined system type.` });
  const bare =
    args.length === 0 &&
    ['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary'].includes(type.name) &&
    name.toLowerCase() !== 'sysname';
  return inCast && bare ? { ...type, length: 30 } : type;
}
