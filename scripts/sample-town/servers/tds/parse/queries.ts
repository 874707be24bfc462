// SELECT with everything around it: WITH, set operators, ORDER BY, OFFSET/FETCH, joins, hints.
import { parseCondition, parseExpression, parseList } from './expressions.ts';
import type { Cursor } from '../execute/sql-cursor.ts';
import { unsupported } from '../execute/sql-errors.ts';
import type { CommonTable, Expression, NamedTable, OrderItem, Query, QueryBody, Select, SelectItem, TableSource } from './sql-syntax.ts';

export function parseQuery(cursor: Cursor): Query {
  const tables = cursor.take('WITH') ? parseCommonTables(cursor) : [];
  const body = parseUnion(cursor);
  const orderBy = parseOrderBy(cursor);
  const { offset, fetch } = parsePage(cursor);
  if (cursor.take('OPTION')) skipParentheses(cursor);
  if (cursor.is('FOR')) throw unsupported('FOR XML, FOR JSON and FOR BROWSE');
  return { with: tables, body, orderBy, offset, fetch };
}

function parseCommonTables(cursor: Cursor): CommonTable[] {
  const tables: CommonTable[] = [];
  do {
    const name = cursor.name();
    const columns = cursor.is('(') ? parseColumnNames(cursor) : undefined;
    cursor.expect('AS', '(');
    tables.push({ name, columns, query: parseQuery(cursor) });
    cursor.expect(')');
  } while (cursor.take(','));
  return tables;
}

export function parseColumnNames(cursor: Cursor): string[] {
  cursor.expect('(');
  const names = [cursor.name()];
  while (cursor.take(',')) names.push(cursor.name());
  cursor.expect(')');
  return names;
}

export function parseOrderBy(cursor: Cursor): OrderItem[] {
  if (!cursor.take('ORDER', 'BY')) return [];
  const items: OrderItem[] = [];
  do {
    const expression = parseExpression(cursor);
    const descending = cursor.take('DESC') || (cursor.take('ASC') && false);
    items.push({ expression, descending });
  } while (cursor.take(','));
  return items;
}

function parsePage(cursor: Cursor): { offset: Expression | undefined; fetch: Expression | undefined } {
  if (!cursor.take('OFFSET')) return { offset: undefined, fetch: undefined };
  const offset = parseExpression(cursor);
  if (!cursor.take('ROWS')) cursor.expect('ROW');
  if (!cursor.take('FETCH')) return { offset, fetch: undefined };
  if (!cursor.take('NEXT')) cursor.expect('FIRST');
  const fetch = parseExpression(cursor);
  if (!cursor.take('ROWS')) cursor.expect('ROW');
  cursor.expect('ONLY');
  return { offset, fetch };
}

function parseUnion(cursor: Cursor): QueryBody {
  let left = parseIntersect(cursor);
  while (cursor.is('UNION') || cursor.is('EXCEPT')) {
    const operator = cursor.take('EXCEPT')
      ? 'EXCEPT'
      : cursor.take('UNION', 'ALL')
        ? 'UNION ALL'
        : (cursor.expect('UNION'), 'UNION' as const);
    left = { kind: 'set', operator, left, right: parseIntersect(cursor) };
  }
  return left;
}

function parseIntersect(cursor: Cursor): QueryBody {
  let left = parseTerm(cursor);
  while (cursor.take('INTERSECT')) left = { kind: 'set', operator: 'INTERSECT', left, right: parseTerm(cursor) };
  return left;
}

function parseTerm(cursor: Cursor): QueryBody {
  if (!cursor.take('(')) return parseSelect(cursor);
  const query = parseQuery(cursor);
  cursor.expect(')');
  return { kind: 'nested', query };
}

function parseSelect(cursor: Cursor): Select {
  cursor.expect('SELECT');
  const distinct = cursor.take('DISTINCT') || (cursor.take('ALL') && false);
  const top = parseTop(cursor);
  const items = parseSelectItems(cursor);
  if (cursor.is('INTO')) throw unsupported('SELECT … INTO');
  const from = cursor.take('FROM') ? parseFrom(cursor) : undefined;
  const where = cursor.take('WHERE') ? parseCondition(cursor) : undefined;
  const groupBy = cursor.take('GROUP', 'BY') ? parseList(cursor) : [];
  const having = cursor.take('HAVING') ? parseCondition(cursor) : undefined;
  return { kind: 'select', distinct, top, items, from, where, groupBy, having };
}

export function parseTop(cursor: Cursor): Expression | undefined {
  if (!cursor.take('TOP')) return undefined;
  let top: Expression;
  if (cursor.take('(')) {
    top = parseExpression(cursor);
    cursor.expect(')');
  } else {
    if (cursor.token.kind !== 'number') throw cursor.unexpected();
    top = { kind: 'literal', type: { name: 'int', length: 0, precision: 0, scale: 0 }, value: Number(cursor.next().text) };
  }
  if (cursor.is('PERCENT')) throw unsupported('TOP … PERCENT');
  if (cursor.is('WITH', 'TIES')) throw unsupported('TOP … WITH TIES');
  return top;
}

export function parseSelectItems(cursor: Cursor): SelectItem[] {
  const items = [parseSelectItem(cursor)];
  while (cursor.take(',')) items.push(parseSelectItem(cursor));
  return items;
}

function parseSelectItem(cursor: Cursor): SelectItem {
  if (cursor.take('*')) return { kind: 'star', qualifier: [] };
  const qualifier = takeQualifiedStar(cursor);
  if (qualifier !== undefined) return { kind: 'star', qualifier };
  if (cursor.token.kind === 'variable' && cursor.peek(1).key === '=') {
    const variable = cursor.next().text;
    cursor.next();
    return { kind: 'assign', variable, expression: parseExpression(cursor) };
  }
  if (cursor.isName() && cursor.peek(1).key === '=') {
    const alias = cursor.name();
    cursor.next();
    return { kind: 'expression', expression: parseExpression(cursor), alias };
  }
  const expression = parseExpression(cursor);
  return { kind: 'expression', expression, alias: parseAlias(cursor) };
}

function takeQualifiedStar(cursor: Cursor): string[] | undefined {
  let ahead = 0;
  while (['word', 'quoted'].includes(cursor.peek(ahead).kind) && cursor.peek(ahead + 1).key === '.') ahead += 2;
  if (ahead === 0 || cursor.peek(ahead).key !== '*') return undefined;
  const qualifier: string[] = [];
  for (let taken = 0; taken < ahead; taken += 2) {
    qualifier.push(cursor.next().text);
    cursor.next();
  }
  cursor.next();
  return qualifier;
}

/** A column's alias; T-SQL also takes a string for one. */
function parseAlias(cursor: Cursor): string | undefined {
  const explicit = cursor.take('AS');
  if (cursor.token.kind === 'text' || cursor.token.kind === 'unicode text') return cursor.next().text;
  return explicit || cursor.isName() ? cursor.name() : undefined;
}

export function parseFrom(cursor: Cursor): TableSource {
  let left = parseJoins(cursor);
  while (cursor.take(',')) left = { kind: 'join', type: 'CROSS', left, right: parseJoins(cursor), on: undefined };
  return left;
}

function parseJoins(cursor: Cursor): TableSource {
  let left = parseTable(cursor);
  for (let type = takeJoin(cursor); type !== undefined; type = takeJoin(cursor)) {
    const right = parseTable(cursor);
    let on: Expression | undefined;
    if (type !== 'CROSS') {
      cursor.expect('ON');
      on = parseCondition(cursor);
    }
    left = { kind: 'join', type, left, right, on };
  }
  return left;
}

function takeJoin(cursor: Cursor): 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | undefined {
  if (cursor.take('JOIN') || cursor.take('INNER', 'JOIN')) return 'INNER';
  if (cursor.take('CROSS', 'JOIN')) return 'CROSS';
  for (const side of ['LEFT', 'RIGHT', 'FULL'] as const) {
    if (cursor.take(side, 'JOIN') || cursor.take(side, 'OUTER', 'JOIN')) return side;
  }
  if (cursor.is('CROSS', 'APPLY') || cursor.is('OUTER', 'APPLY')) throw unsupported(`${cursor.token.text} APPLY`);
  if (cursor.is('PIVOT') || cursor.is('UNPIVOT')) throw unsupported(cursor.token.text);
  return undefined;
}

function parseTable(cursor: Cursor): TableSource {
  if (cursor.take('(')) return parseParenthesizedTable(cursor);
  if (cursor.is('CHANGETABLE', '(')) return parseChanges(cursor);
  const table = parseNamedTable(cursor);
  if (cursor.is('(')) throw unsupported(`the table-valued function ${table.name.join('.')}`);
  return table;
}

export function parseNamedTable(cursor: Cursor): NamedTable {
  const name = cursor.multipartName();
  if (cursor.is('(') && !isHintList(cursor)) return { kind: 'table', name, alias: undefined, hints: [] };
  const before = parseHints(cursor);
  const alias = cursor.take('AS') || cursor.isName() ? cursor.name() : undefined;
  return { kind: 'table', name, alias, hints: [...before, ...parseHints(cursor)] };
}

const hintWords = new Set(
  'NOLOCK READPAST UPDLOCK HOLDLOCK ROWLOCK PAGLOCK TABLOCK TABLOCKX XLOCK READUNCOMMITTED READCOMMITTED READCOMMITTEDLOCK REPEATABLEREAD SERIALIZABLE SNAPSHOT NOWAIT NOEXPAND FORCESEEK FORCESCAN INDEX'.split(
    ' ',
  ),
);

function isHintList(cursor: Cursor): boolean {
  return cursor.is('(') && hintWords.has(cursor.peek(1).key) && [')', ','].includes(cursor.peek(2).key);
}

/** WITH (NOLOCK), WITH (UPDLOCK, HOLDLOCK), and the old form without WITH. */
function parseHints(cursor: Cursor): string[] {
  if (!(cursor.is('WITH', '(') && cursor.take('WITH')) && !isHintList(cursor)) return [];
  cursor.expect('(');
  const hints: string[] = [];
  while (!cursor.is(')')) {
    const { key } = cursor.token;
    if (!hintWords.has(key)) throw cursor.unexpected();
    hints.push(cursor.next().key);
    if (key === 'INDEX') {
      if (cursor.take('=')) cursor.next();
      else skipParentheses(cursor);
    }
    cursor.take(',');
  }
  cursor.expect(')');
  return hints;
}

function parseParenthesizedTable(cursor: Cursor): TableSource {
  if (cursor.take('VALUES')) {
    const rows = parseRows(cursor);
    cursor.expect(')');
    cursor.take('AS');
    const alias = cursor.name();
    return { kind: 'rows', rows, alias, columns: parseColumnNames(cursor) };
  }
  if (!cursor.is('SELECT') && !cursor.is('WITH') && !cursor.is('(')) {
    const joined = parseJoins(cursor);
    cursor.expect(')');
    return joined;
  }
  const query = parseQuery(cursor);
  cursor.expect(')');
  cursor.take('AS');
  const alias = cursor.name();
  return { kind: 'derived', query, alias, columns: cursor.is('(') && !isHintList(cursor) ? parseColumnNames(cursor) : undefined };
}

function parseRows(cursor: Cursor): Expression[][] {
  const rows: Expression[][] = [];
  do {
    cursor.expect('(');
    rows.push(parseList(cursor));
    cursor.expect(')');
  } while (cursor.take(','));
  return rows;
}

/** CHANGETABLE(CHANGES dbo.T, @version) AS ct; CHANGETABLE(VERSION dbo.T, (A, B), (t.A, t.B)) AS v */
function parseChanges(cursor: Cursor): TableSource {
  cursor.expect('CHANGETABLE', '(');
  if (cursor.take('VERSION')) return parseVersion(cursor);
  cursor.expect('CHANGES');
  const table = cursor.multipartName();
  cursor.expect(',');
  // As in T-SQL: a variable or a constant, and no expression.
  if (!['variable', 'number'].includes(cursor.token.kind) && !cursor.is('NULL')) throw cursor.unexpected();
  const since = parseExpression(cursor);
  cursor.expect(')');
  cursor.take('AS');
  const alias = cursor.name();
  return { kind: 'changes', table, since, alias, columns: cursor.is('(') ? parseColumnNames(cursor) : undefined };
}

function parseVersion(cursor: Cursor): TableSource {
  const table = cursor.multipartName();
  cursor.expect(',');
  const key = parseColumnNames(cursor);
  cursor.expect(',', '(');
  const values: Expression[] = [];
  do values.push(parseExpression(cursor));
  while (cursor.take(','));
  cursor.expect(')', ')');
  cursor.take('AS');
  return { kind: 'version', table, key, values, alias: cursor.name() };
}

function skipParentheses(cursor: Cursor): void {
  cursor.expect('(');
  for (let depth = 1; depth > 0;) {
    const token = cursor.next();
    if (token.kind === 'end') throw cursor.unexpected();
    if (token.key === '(') depth++;
    if (token.key === ')') depth--;
  }
}
