import { describe, expect, it } from 'vitest';
import { parseSelect } from './select-statement.ts';

const refusal = (sql: string): string => {
  const result = parseSelect(sql);
  return Array.isArray(result) ? result.map((problem) => problem.message).join(' ') : `accepted: ${result.select}`;
};

describe('a SELECT of a manifest', () => {
  it('is taken as it stands, without its semicolon and what follows', () => {
    expect(parseSelect('SELECT a FROM t WHERE b = @from; -- all of it\n')).toEqual({
      commonTables: '',
      select: 'SELECT a FROM t WHERE b = @from',
      parameters: ['from'],
    });
  });

  it('may begin with common tables, which then are in front of the larger statement', () => {
    expect(parseSelect('WITH a (x, y) AS (SELECT 1, (2)), b AS (SELECT x FROM a) SELECT * FROM b')).toEqual({
      commonTables: 'a (x, y) AS (SELECT 1, (2)), b AS (SELECT x FROM a)',
      select: 'SELECT * FROM b',
      parameters: [],
    });
  });

  it('names each parameter once, whatever its case, and no server variable', () => {
    expect(parseSelect('SELECT @@VERSION, @a, @A, @b_1')).toMatchObject({ parameters: ['A', 'b_1'] });
  });

  it('may have forbidden words inside texts, names and comments', () => {
    for (const sql of [
      "SELECT 'DELETE; it''s' AS x",
      'SELECT [drop], "into" FROM t',
      'SELECT a /* ; DROP /* nested */ TABLE */ FROM t',
      'SELECT a -- ; DELETE\nFROM t',
      'SELECT updated, inserted_at FROM t',
    ])
      expect(Array.isArray(parseSelect(sql)), sql).toBe(false);
  });

  it('may order what TOP selects', () => {
    expect(Array.isArray(parseSelect('SELECT TOP (5) a FROM t ORDER BY b'))).toBe(false);
    expect(Array.isArray(parseSelect('SELECT a, ROW_NUMBER() OVER (ORDER BY b) AS n FROM t'))).toBe(false);
  });
});

describe('anything else is refused before it is sent', () => {
  it.each([
    ['nothing', '  -- later\n', /empty/],
    ['a write', 'DELETE FROM t', /begins with DELETE/],
    ['a procedure', 'EXEC sp_who', /begins with EXEC/],
    ['a second statement', 'SELECT 1; DROP TABLE t', /semicolon/],
    ['a second statement without a semicolon', 'SELECT 1 DELETE FROM t', /DELETE/],
    ['a write behind common tables', 'WITH a AS (SELECT 1 AS x) UPDATE t SET x = 1', /UPDATE/],
    ['making a table', 'SELECT * INTO copy FROM t', /INTO/],
    ['leaving the parentheses', 'SELECT 1) AS t; DROP TABLE t; SELECT * FROM (SELECT 1', /parenthesis that it did not open/],
    ['a statement of another server', "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')", /OPENQUERY/],
    ['an open text', "SELECT 'a", /never closed/],
    ['an open comment', 'SELECT 1 /* a /* b */', /comment that is never closed/],
    ['an open parenthesis', 'SELECT (1', /does not close/],
    ['an order of its own', 'SELECT a FROM t ORDER BY a', /ORDER BY/],
    ['common tables without a SELECT', 'WITH a AS (SELECT 1 AS x)', /no SELECT/],
  ])('%s', (_, sql, why) => {
    expect(refusal(sql)).toMatch(why);
  });

  it('all that is wrong is told at once', () => {
    expect(parseSelect('SELECT 1; DROP TABLE a; DELETE FROM b')).toHaveLength(4);
  });
});
