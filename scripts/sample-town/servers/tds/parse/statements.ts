// A batch into statements. The semicolon between them is optional, as it is in T-SQL.
import { parseCondition, parseExpression, parseType } from './expressions.ts';
import { parseColumnNames, parseFrom, parseNamedTable, parseOrderBy, parseQuery, parseSelectItems, parseTop } from './queries.ts';
import { Cursor } from '../execute/sql-cursor.ts';
import { unsupported } from '../execute/sql-errors.ts';
import type { Assignment, Expression, Query, SelectItem, Statement } from './sql-syntax.ts';
import { tokenize } from './sql-tokenizer.ts';

type Body = Statement extends infer S ? (S extends Statement ? Omit<S, 'text' | 'line'> : never) : never;

/** Throws 102 where the text is not T-SQL, and the stand-in's own error where it is but is outside the subset. */
export function parseBatch(sql: string): Statement[] {
  const cursor = new Cursor(sql, tokenize(sql), { query: parseQuery, orderBy: parseOrderBy });
  return parseStatements(cursor, () => cursor.token.kind === 'end');
}

function parseStatements(cursor: Cursor, atEnd: () => boolean): Statement[] {
  const statements: Statement[] = [];
  while (cursor.take(';'));
  while (!atEnd()) {
    statements.push(parseStatement(cursor));
    while (cursor.take(';'));
  }
  return statements;
}

function parseStatement(cursor: Cursor): Statement {
  const { start, line } = cursor.token;
  const body = parseBody(cursor);
  return { ...body, text: cursor.textSince(start), line } as Statement;
}

function parseBody(cursor: Cursor): Body {
  const { key } = cursor.token;
  switch (key) {
    case 'SELECT':
    case '(':
      return { kind: 'select', query: parseQuery(cursor) };
    case 'WITH':
      return parseWith(cursor);
    case 'INSERT':
      return parseInsert(cursor, undefined);
    case 'UPDATE':
      return parseUpdate(cursor, undefined);
    case 'DELETE':
      return parseDelete(cursor, undefined);
    case 'DECLARE':
      return parseDeclare(cursor);
    case 'SET':
      return parseSet(cursor);
    case 'BEGIN':
      return parseBegin(cursor);
    case 'COMMIT':
    case 'ROLLBACK': {
      cursor.next();
      if (!cursor.take('TRANSACTION') && !cursor.take('TRAN')) cursor.take('WORK');
      return { kind: key === 'COMMIT' ? 'commit' : 'rollback', name: cursor.isName() ? cursor.name() : undefined };
    }
    case 'SAVE':
      cursor.next();
      if (!cursor.take('TRANSACTION')) cursor.expect('TRAN');
      return { kind: 'save', name: cursor.name() };
    case 'PRINT':
      cursor.next();
      return { kind: 'print', value: parseExpression(cursor) };
    case 'THROW': {
      cursor.next();
      if (cursor.is(';') || cursor.token.kind === 'end') throw unsupported('THROW without arguments');
      const number = parseExpression(cursor);
      cursor.expect(',');
      const message = parseExpression(cursor);
      cursor.expect(',');
      return { kind: 'throw', number, message, state: parseExpression(cursor) };
    }
    case 'RAISERROR': {
      cursor.next();
      cursor.expect('(');
      const message = parseExpression(cursor);
      cursor.expect(',');
      parseExpression(cursor);
      cursor.expect(',');
      const state = parseExpression(cursor);
      if (cursor.is(',')) throw unsupported('RAISERROR with arguments');
      cursor.expect(')');
      return { kind: 'throw', number: undefined, message, state };
    }
    case 'IF': {
      cursor.next();
      const condition = parseCondition(cursor);
      while (cursor.take(';'));
      const then = parseStatement(cursor);
      while (cursor.is(';') && cursor.peek(1).key === 'ELSE') cursor.next();
      return { kind: 'if', condition, then, otherwise: cursor.take('ELSE') ? parseStatement(cursor) : undefined };
    }
    case 'USE':
      cursor.next();
      return { kind: 'use', database: cursor.name() };
    case 'WAITFOR':
      cursor.next();
      cursor.expect('DELAY');
      return { kind: 'wait', delay: parseExpression(cursor) };
    case 'RETURN':
      cursor.next();
      return { kind: 'return' };
    default:
      throw refuse(cursor);
  }
}

function refuse(cursor: Cursor): Error {
  const known =
    'ALTER BACKUP BULK CREATE DBCC DENY DROP EXEC EXECUTE GRANT KILL MERGE RECONFIGURE RESTORE REVOKE TRUNCATE WHILE CLOSE OPEN FETCH GO'.split(
      ' ',
    );
  return known.includes(cursor.token.key)
    ? unsupported(cursor.sql.slice(cursor.token.start, cursor.token.start + 120))
    : cursor.unexpected();
}

/** WITH starts common tables, or gives a write its change tracking context. */
function parseWith(cursor: Cursor): Body {
  if (cursor.peek(1).key === 'CHANGE_TRACKING_CONTEXT') {
    cursor.expect('WITH', 'CHANGE_TRACKING_CONTEXT', '(');
    const context = parseExpression(cursor);
    cursor.expect(')');
    if (cursor.is('INSERT')) return parseInsert(cursor, context);
    if (cursor.is('UPDATE')) return parseUpdate(cursor, context);
    if (cursor.is('DELETE')) return parseDelete(cursor, context);
    throw cursor.unexpected();
  }
  return { kind: 'select', query: parseQuery(cursor) };
}

function parseInsert(cursor: Cursor, context: Expression | undefined): Body {
  cursor.expect('INSERT');
  if (cursor.is('BULK')) throw unsupported('INSERT BULK; bulk load is not served');
  cursor.take('INTO');
  const target = parseNamedTable(cursor);
  const columns = cursor.is('(') && !cursor.is('(', 'SELECT') ? parseColumnNames(cursor) : undefined;
  const output = parseOutput(cursor);
  let rows: (Expression | 'default')[][] | undefined;
  let query: Query | undefined;
  if (cursor.take('DEFAULT', 'VALUES')) rows = [[]];
  else if (cursor.take('VALUES')) rows = parseValueRows(cursor);
  else if (cursor.is('EXEC') || cursor.is('EXECUTE')) throw unsupported('INSERT … EXEC');
  else query = parseQuery(cursor);
  return { kind: 'insert', target, columns, rows, query, output, context };
}

function parseValueRows(cursor: Cursor): (Expression | 'default')[][] {
  const rows: (Expression | 'default')[][] = [];
  do {
    cursor.expect('(');
    const row: (Expression | 'default')[] = [];
    do row.push(cursor.take('DEFAULT') ? 'default' : parseExpression(cursor));
    while (cursor.take(','));
    cursor.expect(')');
    rows.push(row);
  } while (cursor.take(','));
  return rows;
}

function parseUpdate(cursor: Cursor, context: Expression | undefined): Body {
  cursor.expect('UPDATE');
  const top = parseTop(cursor);
  const target = parseNamedTable(cursor);
  cursor.expect('SET');
  const set: Assignment[] = [];
  do set.push(parseAssignment(cursor));
  while (cursor.take(','));
  const output = parseOutput(cursor);
  const from = cursor.take('FROM') ? parseFrom(cursor) : undefined;
  const where = cursor.take('WHERE') ? parseCondition(cursor) : undefined;
  return { kind: 'update', target, top, set, from, where, output, context };
}

function parseAssignment(cursor: Cursor): Assignment {
  if (cursor.token.kind === 'variable') throw unsupported('UPDATE … SET @variable');
  const column = cursor.multipartName();
  const { key } = cursor.token;
  if (key === '=') {
    cursor.next();
    return { column, operator: undefined, value: cursor.take('DEFAULT') ? 'default' : parseExpression(cursor) };
  }
  if (['+=', '-=', '*=', '/=', '%='].includes(key)) {
    cursor.next();
    return { column, operator: key[0] as '+', value: parseExpression(cursor) };
  }
  throw cursor.unexpected();
}

function parseDelete(cursor: Cursor, context: Expression | undefined): Body {
  cursor.expect('DELETE');
  const top = parseTop(cursor);
  cursor.take('FROM');
  const target = parseNamedTable(cursor);
  const output = parseOutput(cursor);
  const from = cursor.take('FROM') ? parseFrom(cursor) : undefined;
  const where = cursor.take('WHERE') ? parseCondition(cursor) : undefined;
  return { kind: 'delete', target, top, from, where, output, context };
}

function parseOutput(cursor: Cursor): SelectItem[] {
  if (!cursor.take('OUTPUT')) return [];
  const items = parseSelectItems(cursor);
  if (cursor.is('INTO')) throw unsupported('OUTPUT … INTO');
  return items;
}

function parseDeclare(cursor: Cursor): Body {
  cursor.expect('DECLARE');
  const variables: { name: string; type: ReturnType<typeof parseType>; value: Expression | undefined }[] = [];
  do {
    if (cursor.token.kind !== 'variable') throw cursor.unexpected();
    const name = cursor.next().text;
    cursor.take('AS');
    if (cursor.is('TABLE')) throw unsupported('table variables');
    const type = parseType(cursor);
    variables.push({ name, type, value: cursor.take('=') ? parseExpression(cursor) : undefined });
  } while (cursor.take(','));
  return { kind: 'declare', variables };
}

/** SET @x = …, SET TRANSACTION ISOLATION LEVEL …, SET NOCOUNT ON and the many options a driver sends first. */
function parseSet(cursor: Cursor): Body {
  cursor.expect('SET');
  if (cursor.token.kind === 'variable') {
    const variable = cursor.next().text;
    cursor.expect('=');
    return { kind: 'assign', variable, value: parseExpression(cursor) };
  }
  if (cursor.take('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    const first = cursor.next().key;
    const value = first === 'READ' || first === 'REPEATABLE' ? `${first} ${cursor.next().key}` : first;
    return { kind: 'set option', option: 'TRANSACTION ISOLATION LEVEL', value };
  }
  if (cursor.is('IDENTITY_INSERT')) {
    cursor.next();
    cursor.multipartName();
    return { kind: 'set option', option: 'IDENTITY_INSERT', value: cursor.next().key };
  }
  if (cursor.take('STATISTICS')) return { kind: 'set option', option: `STATISTICS ${cursor.next().key}`, value: cursor.next().key };
  const options = [cursor.next().key];
  while (cursor.take(',')) options.push(cursor.next().key);
  cursor.take('=');
  const negative = cursor.take('-') ? '-' : '';
  const token = cursor.next();
  if (token.kind === 'end' || token.key === ';') throw cursor.unexpected();
  return { kind: 'set option', option: options.join(','), value: negative + (token.key === '' ? token.text : token.key) };
}

function parseBegin(cursor: Cursor): Body {
  cursor.expect('BEGIN');
  if (cursor.take('TRANSACTION') || cursor.take('TRAN'))
    return { kind: 'begin transaction', name: cursor.isName() ? cursor.name() : undefined };
  if (cursor.is('TRY') || cursor.is('CATCH') || cursor.is('DISTRIBUTED')) throw unsupported(`BEGIN ${cursor.token.text}`);
  const statements = parseStatements(cursor, () => cursor.is('END'));
  cursor.expect('END');
  return { kind: 'block', statements };
}
