import type { Knex } from 'knex';
import { type Connection, noteIfLost, type Statement, throwIfLost } from './connection.ts';
import { givenCell, ownCells, type PackedRows, type Piece } from './packed-rows.ts';
import type { ThreadConnection } from './writer-messages.ts';
import { type Cell, quoted, quotedList, type Rows } from '../rows.ts';

/**
 * Rows in one INSERT: measured, 20 take two thirds of the time of single ones, 50 no less. The engine lands records 100 or 250 at a time: with
 * a divisor of both few are left to be inserted one by one.
 */
const GROUP = 25;

/** An INSERT is prepared in so many ways at most, by which of its columns are given once for all rows. */
const MAX_WAYS = 8;
const ways = new Map<string, Set<string>>();

/** How one column of many rows is given: cell by cell, once because all rows hold the same, or once because each holds one more than the last. */
type Given = 'each' | 'same' | 'rising';

/**
 * Columns that hold the same in all of these rows, such as the run, or numbers in a row, such as the id, are given once for a statement: that
 * takes a third off the time. None are where the statement would be prepared in too many ways.
 */
function givenIn(insert: string, rows: readonly Cell[][], width: number): Given[] {
  const given = Array.from({ length: width }, (_, c) => givenAs(rows, c));
  return mayPrepare(insert, given) ? given : given.fill('each');
}

function mayPrepare(insert: string, given: readonly Given[]): boolean {
  const known = ways.get(insert) ?? new Set<string>();
  ways.set(insert, known);
  const way = given.join(' ');
  if (!known.has(way) && known.size >= MAX_WAYS) return false;
  known.add(way);
  return true;
}

function givenAs(rows: readonly Cell[][], c: number): Given {
  const first = rows[0]![c];
  const second = rows[1]![c];
  if (second === first) return rows.every((row) => row[c] === first) ? 'same' : 'each';
  if (typeof first !== 'number' || second !== first + 1 || !Number.isSafeInteger(first)) return 'each';
  return rows.every((row, i) => row[c] === first + i) ? 'rising' : 'each';
}

const prepared = new WeakMap<object, Map<string, Statement>>();

/** Prepared statements of the transaction's own connection: 1 µs a row, where the query builder takes 20 µs a statement. */
export async function rowsOf(trx: Knex.Transaction): Promise<Rows> {
  const connection = (await trx.client.acquireConnection()) as Connection | ThreadConnection;
  return 'rows' in connection ? connection.rows : rowsOver(connection);
}

const writes = new WeakMap<object, Map<string, number>>();

/** How often rows of a table were written over a connection. */
export function writesTo(connection: object, table: string): number {
  return writes.get(connection)?.get(table) ?? 0;
}

function noteWrite(connection: object, table: string): void {
  let of = writes.get(connection);
  if (!of) writes.set(connection, (of = new Map()));
  of.set(table, (of.get(table) ?? 0) + 1);
}

/** The same of a connection. */
export function rowsOver(connection: Connection): Rows {
  let statements = prepared.get(connection);
  if (!statements) prepared.set(connection, (statements = new Map()));
  /** A statement that fails may end the transaction; what comes after it must not be written alone. */
  const guarded = <T>(work: () => T): T => {
    throwIfLost(connection);
    try {
      return work();
    } catch (error) {
      noteIfLost(connection, error);
      throw error;
    }
  };
  const statement = (sql: string): Statement => {
    let found = statements.get(sql);
    if (!found) statements.set(sql, (found = connection.prepare(sql)));
    return found;
  };
  const groups = new Map<string, Statement>();
  const grouped = (into: string, given: readonly Given[]): Statement => {
    const name = `${into}${given.join(' ')}`;
    let found = groups.get(name);
    if (!found) {
      const cell = (how: Given, c: number, i: number): string => (how === 'each' ? '?' : how === 'same' ? `@c${c}` : `@c${c} + ${i}`);
      const row = (_: unknown, i: number): string => `(${given.map((how, c) => cell(how, c, i)).join(', ')})`;
      groups.set(name, (found = statement(into + Array.from({ length: GROUP }, row).join(', '))));
    }
    return found;
  };
  const each = async (table: string, sql: string, rows: readonly Cell[][]): Promise<void> => {
    if (rows.length === 0) return;
    noteWrite(connection, table);
    guarded(() => {
      const s = statement(sql);
      for (const row of rows) s.run(row);
    });
  };
  const marks = (names: readonly string[]): string => names.map(() => '?').join(', ');
  const equals = (names: readonly string[], glue: string): string => names.map((n) => `${quoted(n)} = ?`).join(glue);
  // OR ROLLBACK: a violation here is our own fault and ends the transaction; without it SQLite keeps a journal for each statement.
  const insertInto = (table: string, columns: readonly string[]): string =>
    `INSERT OR ROLLBACK INTO ${quoted(table)} (${quotedList(columns)}) VALUES `;
  const insert: Rows['insert'] = async (table, columns, rows) => {
    const width = columns.length;
    const into = insertInto(table, columns);
    const one = `(${marks(columns)})`;
    let at = 0;
    if (rows.length >= GROUP) {
      noteWrite(connection, table);
      guarded(() => {
        const given = givenIn(into, rows, width);
        const places = columns.map((_, c) => c);
        const own = places.filter((c) => given[c] === 'each');
        const rising = places.filter((c) => given[c] === 'rising');
        const many = grouped(into, given);
        const once = Object.fromEntries(places.filter((c) => given[c] !== 'each').map((c) => [`c${c}`, rows[0]![c]!]));
        const cells = new Array<Cell>(GROUP * own.length);
        for (; at + GROUP <= rows.length; at += GROUP) {
          let k = 0;
          for (let i = 0; i < GROUP; i++) {
            const row = rows[at + i]!;
            for (const c of own) cells[k++] = row[c]!;
          }
          for (const c of rising) once[`c${c}`] = rows[at]![c]!;
          if (own.length < width) many.run(cells, once);
          else many.run(cells);
        }
      });
    }
    await each(table, into + one, at === 0 ? rows : rows.slice(at));
  };
  const insertPiece = async (table: string, columns: readonly string[], piece: Piece, packed: PackedRows): Promise<void> => {
    const into = insertInto(table, columns);
    const { columns: own, cells } = ownCells(piece, packed);
    const given = columns.map((_, c): Given => (piece.rising.has(c) ? 'rising' : piece.same.has(c) ? 'same' : 'each'));
    let at = 0;
    if (piece.rows >= GROUP && mayPrepare(into, given)) {
      noteWrite(connection, table);
      guarded(() => {
        const many = grouped(into, given);
        const once = Object.fromEntries([...piece.same.keys()].map((c) => [`c${c}`, givenCell(piece, packed, c, 0)]));
        for (; at + GROUP <= piece.rows; at += GROUP) {
          for (const c of piece.rising.keys()) once[`c${c}`] = givenCell(piece, packed, c, at);
          const some = cells.slice(at * own.length, (at + GROUP) * own.length);
          if (own.length < columns.length) many.run(some, once);
          else many.run(some);
        }
      });
    }
    const rest: Cell[][] = [];
    for (let i = at * own.length; at < piece.rows; at++)
      rest.push(columns.map((_, c) => (given[c] === 'each' ? cells[i++]! : givenCell(piece, packed, c, at))));
    await insert(table, columns, rest);
  };
  return {
    asksTogether: true,
    insert,
    insertPacked: async (inserts) => {
      for (const { table, columns, packed } of inserts) {
        const rows = packed as PackedRows;
        for (const piece of rows.pieces) await insertPiece(table, columns, piece, rows);
      }
    },
    replace: (table, columns, rows) =>
      each(table, `INSERT OR REPLACE INTO ${quoted(table)} (${quotedList(columns)}) VALUES (${marks(columns)})`, rows),
    update: (table, set, key, rows) => each(table, `UPDATE ${quoted(table)} SET ${equals(set, ', ')} WHERE ${equals(key, ' AND ')}`, rows),
    remove: (table, key, rows) => each(table, `DELETE FROM ${quoted(table)} WHERE ${equals(key, ' AND ')}`, rows),
    select: async (sql, keys) =>
      guarded(() => {
        const s = statement(sql).raw(true);
        const out: Cell[][] = [];
        for (const key of keys) for (const row of s.all(...key)) out.push(row as Cell[]);
        return out;
      }),
  };
}
