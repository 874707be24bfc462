// A position in the tokens, and the small questions every rule of the grammar asks.
import { syntaxError, unsupported } from './sql-errors.ts';
import type { OrderItem, Query } from '../parse/sql-syntax.ts';
import type { Token } from '../parse/sql-tokenizer.ts';

/** Words that end an expression or a table, so they are never taken for an alias. */
const reserved = new Set(
  `ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BY CASE CHECK CLOSE COLLATE COLUMN COMMIT CONSTRAINT CONTINUE CREATE
  CROSS CURSOR DEALLOCATE DECLARE DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS FETCH FOR FOREIGN FREETEXT FROM
  FULL FUNCTION GO GRANT GROUP HAVING IDENTITY_INSERT IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE MERGE NOT NULL OF OFF OFFSETS
  ON OPEN OPENQUERY OPENROWSET OPENXML OPTION OR ORDER OUTER OUTPUT OVER PERCENT PIVOT PRIMARY PRINT PROCEDURE RAISERROR RECONFIGURE REFERENCES RESTORE RETURN
  REVERT REVOKE RIGHT ROLLBACK SAVE SELECT SET SHUTDOWN SOME STATISTICS TABLE TABLESAMPLE THEN TO TOP TRAN TRANSACTION TRIGGER TRUNCATE UNION UNIQUE
  UNPIVOT UPDATE USE VALUES VIEW WAITFOR WHEN WHERE WHILE WITH`.split(/\s+/),
);

/** What an expression may hold whose own rules need expressions again; given here, so no file imports itself by way of others. */
export interface NestedRules {
  query(cursor: Cursor): Query;
  orderBy(cursor: Cursor): OrderItem[];
}

export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;
  readonly sql: string;
  readonly nested: NestedRules;

  constructor(sql: string, tokens: readonly Token[], nested: NestedRules) {
    this.sql = sql;
    this.nested = nested;
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  is(...keys: string[]): boolean {
    return keys.every((key, index) => this.peek(index).key === key);
  }

  /** Takes the words or symbols when they come next, all or none. */
  take(...keys: string[]): boolean {
    if (!this.is(...keys)) return false;
    this.#at += keys.length;
    return true;
  }

  expect(...keys: string[]): void {
    for (const key of keys) if (!this.take(key)) throw this.unexpected();
  }

  /** A name that may be an alias: quoted, or a word that is not reserved. */
  isName(): boolean {
    return this.token.kind === 'quoted' || (this.token.kind === 'word' && !reserved.has(this.token.key));
  }

  name(): string {
    if (!this.isName()) throw this.unexpected();
    return this.next().text;
  }

  /** a, a.b, a.b.c, and a..c with the middle left out. */
  multipartName(): string[] {
    const parts = [this.name()];
    while (this.take('.')) {
      if (this.is('.')) parts.push('');
      else parts.push(this.token.kind === 'word' ? this.next().text : this.name());
    }
    return parts;
  }

  textSince(start: number): string {
    const last = this.#tokens[Math.max(0, this.#at - 1)];
    return this.sql.slice(start, last?.end ?? start);
  }

  /** What to throw here: a T-SQL word out of place is most likely a construct that the subset leaves out. */
  unexpected(): Error {
    const { token } = this;
    if (token.kind === 'end') return syntaxError(this.peek(-1).text || this.sql.slice(-20));
    if (token.kind === 'word' && reserved.has(token.key)) {
      return unsupported(`${token.text} here: … ${this.sql.slice(Math.max(0, token.start - 40), token.end + 40)} …`);
    }
    return syntaxError(token.text);
  }
}
