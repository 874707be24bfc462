import Database from 'better-sqlite3';
import type { StoreReader } from '../dialect.ts';
import type { Connection } from './connection.ts';
import { rowsOver } from './rows.ts';

/** See openReader of the store. Its cache is small: hardly a page is asked for twice. */
export function openSqliteReader(filename: string): StoreReader {
  const connection = new Database(filename, { readonly: true, fileMustExist: true }) as unknown as Connection;
  connection.pragma('cache_size = -8192');
  connection.exec('BEGIN');
  // What is read from now on is as it is at this moment.
  connection.prepare('SELECT 1 FROM il_entity LIMIT 1').all();
  return {
    rows: rowsOver(connection),
    close() {
      connection.exec('COMMIT');
      connection.close();
    },
  };
}
