import type { Dialect } from '../dialect.ts';
import { cutAt } from './cut.ts';
import { nextId, takeIds } from './ids.ts';
import { examine, fileOf } from './integrity.ts';
import { keySet, renamings } from './keys.ts';
import { heldLocks, takeLock } from './locks.ts';
import { packed } from './packed-rows.ts';
import { rowsOf } from './rows.ts';
import { openDigester, openWriter } from './writer.ts';
import {
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
import { unchangedSince } from './unchanged.ts';
import { tryOut } from './try-out.ts';
import { createMarks, isWatched, rewriteWatches, watch } from './watch.ts';
import { begin, commit, exclusively, readAtOneMoment, readInOrder, rollback, write } from './transactions.ts';

/** A store in one file, with one writer at a time. */
export const sqlite: Dialect = {
  landsWhileReading: true,
  idsInTransaction: true,
  columnTypes: { TEXT: 'TEXT', INTEGER: 'INTEGER' },
  byPrimaryKey: ' WITHOUT ROWID',
  write,
  begin,
  commit,
  rollback,
  exclusively,
  readAtOneMoment,
  readInOrder,
  updateStatistics,
  isTrial: () => false,
  takeIds,
  nextId,
  rowsOf,
  packed,
  openDigester,
  openWriter,
  unchangedSince,
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
  afterMigration: async () => {},
  keySet,
  renamings,
  explain,
  tryOut,
  examine,
  fileOf,
  cutAt,
  settle,
};
