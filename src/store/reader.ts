import type { StoreReader } from './dialect.ts';
import { openSqliteReader } from './sqlite/reader.ts';

/** Opens a store that is a file, for a thread that reads it beside the one that writes. `file`: see Dialect.fileOf. */
export function openReader(file: string): StoreReader {
  return openSqliteReader(file);
}
