import type { Problem } from '../../core/errors.ts';

/** A SELECT of a manifest, taken apart so that it can be inside a larger one. */
export interface SelectStatement {
  /** The common tables of a WITH clause, with a comma between and none after; empty without WITH. */
  commonTables: string;
  /** The SELECT itself, without a semicolon at its end. */
  select: string;
  /** The @names in it, as first written, without the @. */
  parameters: string[];
}

/**
 * Takes a SELECT (or WITH … SELECT) apart, or says why it is none. Anything that could change data, run several statements or
 * escape from the parentheses it will stand in is refused: the words for that are reserved in T-SQL, so outside of quotes they
 * can be nothing else. `path` is in the problems.
 */
export function parseSelect(sql: string, path = 'sql'): SelectStatement | Problem[] {
  const refuse = (message: string, hint: string): Problem[] => [{ code: 'SQL_NOT_A_SELECT', place: { path }, message, hint }];
  const tokens = tokensOf(sql);
  if (typeof tokens === 'string') return refuse(`The statement ${tokens}.`, 'Close it.');
  while (tokens.at(-1)?.text === ';') tokens.pop();

  const problems: Problem[] = [];
  const first = tokens[0];
  if (!first || !['SELECT', 'WITH'].includes(first.key))
    return refuse(
      first ? `The statement begins with ${first.text}, not with SELECT or WITH.` : 'The statement is empty.',
      'Only one SELECT can be read from; put anything else into a view.',
    );
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(') depth++;
    if (token.text === ')' && --depth < 0) return refuse('The statement closes a parenthesis that it did not open.', 'Remove it.');
    if (token.text === ';')
      problems.push(...refuse('There is a semicolon inside: that would be several statements.', 'Only one SELECT can be read from.'));
    if (FORBIDDEN.has(token.key))
      problems.push(
        ...refuse(
          `The statement contains ${token.key}, which is not allowed in a SELECT that only reads.`,
          'If it is the name of a column or table, write it in [brackets].',
        ),
      );
  }
  if (depth > 0) problems.push(...refuse('The statement does not close a parenthesis that it opened.', 'Close it.'));
  if (problems.length) return problems;

  const start = first.key === 'WITH' ? endOfCommonTables(tokens) : 0;
  const body = tokens[start];
  if (!body || (body.key !== 'SELECT' && body.text !== '('))
    return refuse('There is no SELECT after WITH … AS (…).', 'Finish the statement.');
  if (ordersItsRows(tokens.slice(start)))
    return refuse('The statement has its own ORDER BY.', 'Remove it: rows are ordered by the cursor of the stream.');
  return {
    commonTables: start > 0 ? sql.slice(first.end, body.start).trim() : '',
    select: sql.slice(body.start, tokens.at(-1)!.end),
    parameters: [...new Map(tokens.filter((t) => t.variable).map((t) => [t.text.toLowerCase(), t.text.slice(1)])).values()],
  };
}

const FORBIDDEN = new Set(
  (
    'INSERT UPDATE DELETE MERGE TRUNCATE INTO EXEC EXECUTE CREATE ALTER DROP GRANT REVOKE DENY DECLARE SET USE BEGIN COMMIT ROLLBACK SAVE IF WHILE ' +
    'RETURN GOTO WAITFOR KILL SHUTDOWN DBCC BACKUP RESTORE BULK PRINT RAISERROR THROW RECONFIGURE OPENQUERY OPENROWSET OPENDATASOURCE'
  ).split(' '),
);

interface Token {
  text: string;
  /** Upper-case word; empty for what is quoted, a number, a sign or a variable. */
  key: string;
  variable: boolean;
  start: number;
  end: number;
}

const PART = /[\p{L}\p{N}_@$#]/u;

/** T-SQL as tokens; a text says what was never closed. Comments nest, quotes are doubled to stand for themselves. */
function tokensOf(sql: string): Token[] | string {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const c = sql[at]!;
    if (/[\s\uFEFF]/.test(c)) {
      at++;
    } else if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end;
    } else if (sql.startsWith('/*', at)) {
      const end = endOfComment(sql, at);
      if (end === undefined) return 'has a comment that is never closed';
      at = end;
    } else if (c === "'" || c === '"' || c === '[') {
      const end = endOfQuoted(sql, at, c === '[' ? ']' : c);
      if (end === undefined) return `has a ${c} that is never closed`;
      tokens.push({ text: sql.slice(at, end), key: '', variable: false, start: at, end });
      at = end;
    } else if (PART.test(c)) {
      let end = at + 1;
      while (end < sql.length && PART.test(sql[end]!)) end++;
      const text = sql.slice(at, end);
      const variable = c === '@' && text[1] !== '@';
      tokens.push({ text, key: c === '@' ? '' : text.toUpperCase(), variable, start: at, end });
      at = end;
    } else {
      tokens.push({ text: c, key: '', variable: false, start: at, end: at + 1 });
      at++;
    }
  }
  return tokens;
}

function endOfComment(sql: string, at: number): number | undefined {
  let depth = 0;
  for (let i = at; i < sql.length; i++) {
    if (sql.startsWith('/*', i)) [depth, i] = [depth + 1, i + 1];
    else if (sql.startsWith('*/', i)) {
      [depth, i] = [depth - 1, i + 1];
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}

function endOfQuoted(sql: string, at: number, close: string): number | undefined {
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] !== close) continue;
    if (sql[i + 1] !== close) return i + 1;
    i++;
  }
  return undefined;
}

/** Index of the token after `WITH a AS (…), b (x, y) AS (…)`. */
function endOfCommonTables(tokens: readonly Token[]): number {
  let i = 1;
  while (i < tokens.length) {
    i++;
    if (tokens[i]?.text === '(') i = afterParenthesis(tokens, i);
    if (tokens[i]?.key !== 'AS' || tokens[i + 1]?.text !== '(') return tokens.length;
    i = afterParenthesis(tokens, i + 1);
    if (tokens[i]?.text !== ',') return i;
    i++;
  }
  return i;
}

function afterParenthesis(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]!.text === '(') depth++;
    if (tokens[i]!.text === ')' && --depth === 0) return i + 1;
  }
  return tokens.length;
}

/** ORDER BY outside of all parentheses; with TOP or OFFSET it is part of what is selected and may stay. */
function ordersItsRows(tokens: readonly Token[]): boolean {
  let depth = 0;
  let orders = false;
  let limits = false;
  for (const [i, token] of tokens.entries()) {
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    else if (depth === 0 && token.key === 'ORDER' && tokens[i + 1]?.key === 'BY') orders = true;
    else if (depth === 0 && ['TOP', 'OFFSET', 'FOR'].includes(token.key)) limits = true;
  }
  return orders && !limits;
}
