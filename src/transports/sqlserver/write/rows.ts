import { AbortedError, FatalError } from '../../../core/errors.ts';
import type { Problem } from '../../../core/errors.ts';
import type { RowResult, WriteSpec } from '../../transport.ts';
import { findColumn } from '../catalog.ts';
import type { Connections, Transaction } from '../connect.ts';
import { comparable } from '../changes/positions.ts';
import type { Comparable } from '../changes/positions.ts';
import { refusalOf } from '../refusals.ts';
import { storable } from './storable.ts';
import type { TrackingMark } from '../changes/tracking-context.ts';
import { columnsOf, FOUND, writeStatement } from './statement.ts';
import type { ReadyRow } from './statement.ts';
import { grantHint } from './target.ts';
import type { WriteTarget } from './target.ts';

export interface WriteContext {
  connection: string;
  username: string;
  /** The mark for Change Tracking, see tracking-context.ts. */
  mark: TrackingMark;
  signal?: AbortSignal | undefined;
}

/** The server takes 2100 parameters a request. */
const PARAMETERS = 1500;
const ROWS = 100;

/**
 * Writes the rows of a spec whose target was checked, in one transaction. First many rows a request; if the server refuses one of
 * them, everything is undone and written again row by row, so the refused ones are known and left out. An error that dooms the
 * transaction begins it again without the row it came from.
 */
export async function writeRows(on: Connections, target: WriteTarget, spec: WriteSpec, context: WriteContext): Promise<RowResult[]> {
  const results: (RowResult | undefined)[] = spec.rows.map(() => undefined);
  const ready: ReadyRow[] = [];
  for (const [index, row] of spec.rows.entries()) {
    const made = readyRow(target, spec, row, index, context);
    if ('code' in made) results[index] = { state: 'refused', problem: made };
    else ready.push(made);
  }
  const known = new Set<string>();
  for (const row of ready) {
    // Lower case, as most collations compare: taken for the same once too often does no harm.
    const key = JSON.stringify(row.key.map(({ value }) => value.parameter.trimEnd().toLowerCase()));
    row.again = known.has(key);
    known.add(key);
  }
  await refuseLostCharacters(on, target, spec, ready, results, context);
  let singly = false;
  for (;;) {
    const left = ready.filter(({ index }) => results[index]?.state !== 'refused');
    if (spec.together) {
      const refused = results.find((result) => result?.state === 'refused');
      if (refused) return spec.rows.map(() => refused);
    }
    if (left.length === 0) break;
    const done = await attempt(on, target, spec, left, singly, context, results);
    if (done) break;
    singly = true;
  }
  return results as RowResult[];
}

/** One transaction over these rows. False: a row was refused, and it must be begun again. */
async function attempt(
  on: Connections,
  target: WriteTarget,
  spec: WriteSpec,
  rows: readonly ReadyRow[],
  singly: boolean,
  context: WriteContext,
  results: (RowResult | undefined)[],
): Promise<boolean> {
  const transaction = await on.begin('read committed');
  try {
    for (const some of singly ? rows.map((row) => [row]) : pieces(rows)) {
      if (context.signal?.aborted)
        throw new AbortedError({
          code: 'ABORTED',
          place: { system: context.connection },
          message: 'Writing was stopped; nothing of this batch was written.',
        });
      try {
        for (const [i, counts] of (await run(transaction, target, spec, some, singly, context)).entries())
          results[some[i]!.index] = resultOf(counts, spec, target, some[i]!, context);
      } catch (error) {
        const refusal = refusalOf(error, placeOf(some[0]!, target, context));
        if (!refusal) throw rightsError(error, target, spec, context) ?? on.errorOf(error);
        if (!singly) return false;
        results[some[0]!.index] = { state: 'refused', problem: refusal };
        if (spec.together || !transaction.isOpen()) return false;
      }
    }
    if (spec.together && rows.some(({ index }) => results[index]?.state === 'refused')) return false;
    await transaction.commit();
    return true;
  } finally {
    await transaction.rollback();
  }
}

function* pieces(rows: readonly ReadyRow[]): Generator<ReadyRow[]> {
  let some: ReadyRow[] = [];
  let parameters = 0;
  for (const row of rows) {
    const own = row.key.length + row.values.length;
    if (some.length > 0 && (some.length >= ROWS || parameters + own > PARAMETERS)) {
      yield some;
      [some, parameters] = [[], 0];
    }
    some.push(row);
    parameters += own;
  }
  if (some.length) yield some;
}

interface Counts {
  found: number;
  done: number;
}

async function run(
  transaction: Transaction,
  target: WriteTarget,
  spec: WriteSpec,
  rows: readonly ReadyRow[],
  singly: boolean,
  context: WriteContext,
): Promise<Counts[]> {
  const { sql, parameters } = writeStatement(spec, target, rows, context.mark);
  // One row: a refused statement undoes itself, and what was written before it stays. Many: everything is undone anyhow.
  const result = (await transaction
    .request(parameters)
    .query(`SET NOCOUNT ON; SET XACT_ABORT ${singly ? 'OFF' : 'ON'};\n${sql}`)) as unknown as {
    recordsets: unknown[][][];
    columns: { name: string }[][];
  };
  return result.recordsets.flatMap((set, i) =>
    result.columns[i]?.[0]?.name === FOUND ? set.map((row) => ({ found: Number(row[0]), done: Number(row[1]) })) : [],
  );
}

function resultOf({ found, done }: Counts, { write }: WriteSpec, target: WriteTarget, row: ReadyRow, context: WriteContext): RowResult {
  if (found > 1 && write !== 'append')
    return {
      state: 'refused',
      problem: {
        code: 'SQL_ROW_AMBIGUOUS',
        place: placeOf(row, target, context),
        message: `${found} rows of ${target.name} have this key, so none of them was changed.`,
        hint: 'In the connector, add columns to target.table.key of the sink until the key identifies one row.',
      },
    };
  if (done > 0) return { state: 'written' };
  return { state: found > 0 ? 'unchanged' : 'missing' };
}

/** The row with its values ready, or why some value cannot be in its column; nothing was sent then. */
function readyRow(
  target: WriteTarget,
  spec: WriteSpec,
  row: WriteSpec['rows'][number],
  index: number,
  context: WriteContext,
): ReadyRow | Problem {
  const columns = columnsOf(target, spec, row);
  const place = { system: context.connection, path: target.name, key: keyText(spec, row) };
  const key: ReadyRow['key'] = [];
  for (const name of spec.key) {
    const column = columns.find((c) => c.name === name)?.column;
    const value = row[name];
    const made = column && value !== null && value !== undefined ? comparable(column.type, value) : undefined;
    if (!column || made === undefined)
      return {
        code: 'SQL_ROW_KEY',
        place,
        message: `The row has no value for ${name}, which is part of its key.`,
        hint: 'Give it one in the mapping, or leave the row out.',
      };
    if (typeof made === 'string') return wrongValue(place, name, made);
    key.push({ column, value: made });
  }
  const values: ReadyRow['values'] = [];
  for (const { column, name, isKey } of spec.write === 'delete' ? [] : columns) {
    // A key that only finds the row is not written, and may be a column that the server numbers.
    if (isKey && spec.write === 'update') continue;
    const value = row[name]!;
    const made: Comparable | null | string = value === null ? null : storable(column.type, value);
    if (typeof made === 'string') return wrongValue(place, name, made);
    values.push({ column, value: made, isKey });
  }
  return { index, key, values, again: false };
}

function wrongValue(place: Problem['place'], name: string, why: string): Problem {
  return { code: 'SQL_ROW_VALUE', place, message: `The value for ${name} ${why}.`, hint: 'Correct it in the mapping or in the record.' };
}

/**
 * char, varchar and text hold the characters of one code page; the server puts a question mark, or a letter that looks like it, for
 * any other, without a word. Values beyond ASCII are therefore converted there and back first.
 */
async function refuseLostCharacters(
  on: Connections,
  target: WriteTarget,
  spec: WriteSpec,
  rows: readonly ReadyRow[],
  results: (RowResult | undefined)[],
  context: WriteContext,
): Promise<void> {
  for (const row of rows)
    for (const { column, value } of row.values) {
      if (!value || !/^(varchar|char|text)$/.test(column.type.name) || !/[^\0-\x7F]/.test(value.parameter)) continue;
      const collation = column.collation && /^\w+$/.test(column.collation) ? ` COLLATE ${column.collation}` : '';
      const kept = `CONVERT(varbinary(max), CONVERT(nvarchar(max), CONVERT(varchar(max), @value${collation})))`;
      const [[same] = []] = await on.run(`SELECT CASE WHEN ${kept} = CONVERT(varbinary(max), @value) THEN 1 ELSE 0 END`, {
        value: value.parameter,
      });
      if (same !== 1)
        results[row.index] = {
          state: 'refused',
          problem: wrongValue(placeOf(row, target, context), nameIn(spec, column.name), 'has characters that the column cannot hold'),
        };
    }
}

/** As the spec writes it. */
function nameIn(spec: WriteSpec, column: string): string {
  return spec.rows.flatMap(Object.keys).find((name) => findColumn([{ name: column }], name)) ?? column;
}

function keyText(spec: WriteSpec, row: WriteSpec['rows'][number]): string {
  return spec.key.map((name) => row[name] ?? '').join(' ');
}

function placeOf(row: ReadyRow, target: WriteTarget, context: WriteContext): Problem['place'] {
  return { system: context.connection, path: target.name, key: row.key.map(({ value }) => value.parameter).join(' ') };
}

function rightsError(error: unknown, target: WriteTarget, spec: WriteSpec, context: WriteContext): FatalError | undefined {
  const number = (error as { number?: unknown } | undefined)?.number;
  const place = { system: context.connection, path: target.name };
  if (number === 229 || number === 230)
    return new FatalError({
      code: 'SQL_RIGHTS',
      place,
      message: `The login ${context.username} may not write to ${target.name} in this way (SQL error ${number}); nothing was written.`,
      hint: grantHint(target, spec.write, context.username),
    });
  if (number === 3906 || number === 3908)
    return new FatalError({
      code: 'SQL_READ_ONLY',
      place,
      message: `The database cannot be written to just now: it is read-only, or a secondary copy (SQL error ${number}); nothing was written.`,
      hint: "Connect to the availability group's listener or to the primary server; if the database was set to read-only, ask its administrator.",
    });
  return undefined;
}
