import type { StreamState } from '../stream-state.ts';
import { querySpec, textAt } from './spec.ts';
import type { Page, PageContext } from '../page.ts';
import type { StreamConfig } from '../../../config/schema/connector.ts';
import { FatalError } from '../../../core/errors.ts';
import type { QueryTransport } from '../../../transports/transport.ts';
import { isBefore, lowerBound } from '../bounds.ts';

/**
 * Rows by SQL Server's rowversion. The upper bound is asked for before the read begins: a transaction that is still open
 * holds it back, so no row committed later can have a lower version than the position that is saved. @@DBTS and the
 * greatest version read do not have this. See Microsoft's documentation of MIN_ACTIVE_ROWVERSION.
 */
export async function* readByRowversion(stream: StreamConfig, transport: QueryTransport, context: PageContext): AsyncGenerator<Page> {
  const cursor = stream.incremental!.cursor!;
  const upper = await rowversionOf('SELECT MIN_ACTIVE_ROWVERSION()', transport);
  if (upper === undefined)
    throw new FatalError({
      code: 'ROWVERSION_UNKNOWN',
      place: { system: context.name },
      message: 'The server does not say which row versions are complete (MIN_ACTIVE_ROWVERSION).',
      hint: 'Use a cursor of kind datetime or sequence with this server.',
    });
  const database = await transport.database();
  const held = await heldBack(upper, transport, context);
  const after = { database, ...(held ? { held } : {}) };
  let from = lowerBound(stream.incremental!, context)?.cursor;
  const again = (why: string): void => {
    context.note(`${context.name}: ${why}, so its database was restored or replaced; everything is read again.`);
    from = undefined;
  };
  if (from !== undefined && isBefore(upper, from, 'rowversion'))
    again(`the server's row versions (${upper}) are lower than the saved position (${from})`);
  // A database that was restored may have gone on past the saved position since, with other rows under the same versions.
  else if (context.state.cursor !== undefined && context.state.database !== undefined && context.state.database !== database)
    again('the server says that this is another database or another restore of it');
  const lists = transport.query({
    ...querySpec(stream, context, from),
    after: from === undefined ? undefined : { cursor, cursorValue: from, inclusive: true },
    before: { cursor, value: upper },
  });
  for await (const records of lists) {
    const last = textAt(records.at(-1)?.values ?? {}, cursor);
    yield { records, state: last === undefined ? undefined : { cursor: last, ...after } };
  }
  yield { records: [], state: { cursor: upper, ...after } };
}

/** How long one transaction may hold the bound back before somebody is told. */
const LONG_MS = 30 * 60_000;

/**
 * Is the bound held back by a transaction that is open, and since when as far as we have seen? Nothing that was changed since it
 * began is read until it ends, which a session that somebody forgot never does.
 */
async function heldBack(upper: string, transport: QueryTransport, context: PageContext): Promise<StreamState['held']> {
  const used = await rowversionOf('SELECT @@DBTS', transport);
  if (used === undefined || BigInt(used) < BigInt(upper)) return undefined;
  const before = context.state.held;
  const held =
    before?.version === upper && Date.parse(before.at) <= context.now.getTime()
      ? before
      : { version: upper, at: context.now.toISOString() };
  const minutes = Math.floor((context.now.getTime() - Date.parse(held.at)) / 60_000);
  if (minutes * 60_000 >= LONG_MS)
    context.note(
      `${context.name}: a transaction has been open on the server for at least ${minutes} minutes; changes made since it began cannot be read until it ends. Ask the database administrator which session that is (DBCC OPENTRAN).`,
    );
  return held;
}

async function rowversionOf(sql: string, transport: QueryTransport): Promise<string | undefined> {
  const text = (await transport.scalar(sql))?.toUpperCase().replace('0X', '0x');
  return text !== undefined && /^0x[0-9A-F]{16}$/.test(text) ? text : undefined;
}
