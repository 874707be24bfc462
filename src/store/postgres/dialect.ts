import type { Dialect } from '../dialect.ts';
import { cutAt } from './cut.ts';
import { isTrial, nextId, takeIds } from './ids.ts';
import { examine, fileOf } from './integrity.ts';
import { keySet, renamings } from './keys.ts';
import { heldLocks, takeLock } from './locks.ts';
import { packed, rowsOf } from './rows.ts';
import {
  afterMigration,
  columnsOf,
  createIndex,
  dropIndex,
  explain,
  indexes,
  onlyGrows,
  primaryKey,
  settle,
  tables,
  updateStatistics,
  withoutIndex,
} from './tables.ts';
import { tryOut } from './try-out.ts';
import { createMarks, isWatched, rewriteWatches, watch } from './watch.ts';
import { begin, commit, exclusively, readAtOneMoment, readInOrder, rollback, write } from './transactions.ts';

/** A store in a database of a PostgreSQL server, with any number of writers. */
export const postgres: Dialect = {
  landsWhileReading: false,
  idsInTransaction: false,
  columnTypes: { TEXT: 'text COLLATE "C"', INTEGER: 'bigint' },
  byPrimaryKey: '',
  write,
  begin,
  commit,
  rollback,
  exclusively,
  readAtOneMoment,
  readInOrder,
  updateStatistics,
  isTrial,
  takeIds,
  nextId,
  rowsOf,
  packed,
  takeLock,
  heldLocks,
  columnsOf,
  tables,
  primaryKey,
  indexes,
  createIndex,
  dropIndex,
  withoutIndex,
  onlyGrows,
  createMarks,
  watch,
  rewriteWatches,
  isWatched,
  afterMigration,
  keySet,
  renamings,
  explain,
  tryOut,
  examine,
  fileOf,
  cutAt,
  settle,
};
