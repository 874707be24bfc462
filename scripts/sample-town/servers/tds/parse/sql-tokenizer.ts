// T-SQL text into tokens. Everything that reads SQL here works on these, so no rule ever fires inside a string or a comment.
import { SqlServerError, syntaxError } from '../execute/sql-errors.ts';

export type TokenKind = 'word' | 'quoted' | 'text' | 'unicode text' | 'number' | 'binary' | 'variable' | 'global' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  /** The content: without quotes or brackets, escapes resolved; words and symbols as written. */
  text: string;
  /** Upper-case text of a word, the symbol itself, else empty: what the grammar compares with. */
  key: string;
  line: number;
  /** Where it is in the SQL text. */
  start: number;
  end: number;
}

const symbols = ['<>', '<=', '>=', '!=', '!<', '!>', '+=', '-=', '*=', '/=', '%=', '::'];
const wordStart = /[\p{L}_#]/u;
const wordPart = /[\p{L}\p{N}_@$#]/u;

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;

  const add = (kind: TokenKind, end: number, text: string): void => {
    const key = kind === 'word' ? text.toUpperCase() : kind === 'symbol' ? text : '';
    tokens.push({ kind, text, key, line, start: at, end });
    for (let i = at; i < end; i++) if (sql.charCodeAt(i) === 10) line++;
    at = end;
  };

  while (at < sql.length) {
    const char = sql[at] as string;
    if (char === '\n') line++;
    if (/\s|\u0000|\uFEFF/.test(char)) at++;
    else if (sql.startsWith('--', at)) at = endOfLine(sql, at);
    else if (sql.startsWith('/*', at)) {
      const end = endOfComment(sql, at);
      for (let i = at; i < end; i++) if (sql.charCodeAt(i) === 10) line++;
      at = end;
    } else if (char === "'") {
      const { text, end } = delimited(sql, at, "'");
      add('text', end, text);
    } else if ((char === 'N' || char === 'n') && sql[at + 1] === "'") {
      const { text, end } = delimited(sql, at + 1, "'");
      add('unicode text', end, text);
    } else if (char === '[' || char === '"') {
      const { text, end } = delimited(sql, at, char === '[' ? ']' : '"');
      add('quoted', end, text);
    } else if (char === '@') {
      const global = sql[at + 1] === '@';
      const end = endOfWord(sql, at + (global ? 2 : 1));
      add(global ? 'global' : 'variable', end, sql.slice(at, end).toLowerCase());
    } else if (/^0x/i.test(sql.slice(at, at + 2))) {
      const digits = /^[0-9a-f]*/i.exec(sql.slice(at + 2))?.[0] ?? '';
      add('binary', at + 2 + digits.length, digits);
    } else if (/^\$?(\d|\.\d)/.test(sql.slice(at, at + 3))) {
      const number = /^\$?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(sql.slice(at, at + 400))?.[0] ?? char;
      add('number', at + number.length, number);
    } else if (wordStart.test(char)) {
      const end = endOfWord(sql, at);
      add('word', end, sql.slice(at, end));
    } else {
      const symbol = symbols.find((candidate) => sql.startsWith(candidate, at)) ?? char;
      if (!'+-*/%&|^~=<>!(),.;:'.includes(symbol[0] as string)) throw syntaxError(symbol);
      add('symbol', at + symbol.length, symbol);
    }
  }
  tokens.push({ kind: 'end', text: '', key: '', line, start: sql.length, end: sql.length });
  return tokens;
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end;
}

/** T-SQL comments nest. */
function endOfComment(sql: string, at: number): number {
  let depth = 0;
  for (let i = at; i < sql.length; i++) {
    if (sql.startsWith('/*', i)) {
      depth++;
      i++;
    } else if (sql.startsWith('*/', i)) {
      i++;
      if (--depth === 0) return i + 1;
    }
  }
  throw new SqlServerError({ number: 113, class: 15, message: "Missing end comment mark '*/'." });
}

function endOfWord(sql: string, at: number): number {
  let end = at;
  while (end < sql.length && wordPart.test(sql[end] as string)) end++;
  return end;
}

/** Text up to the closing mark, which doubled stands for itself. */
function delimited(sql: string, at: number, close: string): { text: string; end: number } {
  let text = '';
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] !== close) text += sql[i];
    else if (sql[i + 1] === close) {
      text += close;
      i++;
    } else return { text, end: i + 1 };
  }
  throw new SqlServerError({
    number: 105,
    class: 15,
    message: `Unclosed quotation mark after the character string '${text.slice(0, 100)}'.`,
  });
}
