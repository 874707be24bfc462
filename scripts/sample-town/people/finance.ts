import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PeopleField } from '../generate/truth.ts';
import { HABITS } from '../generate/typing.ts';
import { type Office, unknownRecord } from './office.ts';

const COLUMNS = { street: 'ADDRESS1', phone: 'PHONE1' } as const;
const NOTED = ['ADDRESS1', 'ADDRESS2', 'CITY', 'STATE', 'ZIP', 'PHONE1'];

/**
 * Finance's customers, in the tables that the SQL Server stand-in serves. As in Dynamics GP a trigger stamps each row that changes
 * (DEX_ROW_TS, UTC); another one notes what others than finance changed.
 */
export function openCustomers(folder: string): Office {
  const database = new DatabaseSync(join(folder, 'finance.db'), { timeout: 10_000 });
  const now = `max(strftime('%Y-%m-%d %H:%M:%S.000', 'now'), '2026-07-07 13:00:00.000')`;
  database.exec(`
    CREATE TABLE IF NOT EXISTS _office (at_work INT NOT NULL);
    INSERT INTO _office SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM _office);
    CREATE TABLE IF NOT EXISTS _received (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);
    CREATE TRIGGER IF NOT EXISTS zDT_RM00101U AFTER UPDATE OF ${NOTED.join(', ')} ON RM00101 BEGIN
      UPDATE RM00101 SET DEX_ROW_TS = ${now} WHERE DEX_ROW_ID = new.DEX_ROW_ID; END;
    ${NOTED.map(
      (column) => `CREATE TRIGGER IF NOT EXISTS noted_${column} AFTER UPDATE OF ${column} ON RM00101
        WHEN (SELECT at_work FROM _office) = 0 BEGIN
        INSERT INTO _received (line) VALUES (rtrim(new.CUSTNMBR) || ' ${column}=' || rtrim(new.${column})); END;`,
    ).join('\n')}`);
  let seen = Number((database.prepare('SELECT coalesce(max(id), 0) AS id FROM _received').get() as { id: number }).id);
  return {
    received() {
      const rows = database.prepare('SELECT id, line FROM _received WHERE id > ? ORDER BY id').all(seen) as { id: number; line: string }[];
      seen = rows.at(-1)?.id ?? seen;
      return rows.map(({ line }) => line);
    },
    correct(key, field, value) {
      if (field === 'email') throw new Error('finance keeps no e-mail addresses');
      database.exec('BEGIN IMMEDIATE; UPDATE _office SET at_work = 1');
      const { changes } = database
        .prepare(`UPDATE RM00101 SET ${COLUMNS[field]} = ? WHERE rtrim(CUSTNMBR) = ?`)
        .run(field === 'phone' ? HABITS.finance.phone(value) : value.toUpperCase(), key);
      database.exec('UPDATE _office SET at_work = 0; COMMIT');
      if (Number(changes) !== 1) throw unknownRecord('finance office', key);
    },
    has(key) {
      const row = database
        .prepare('SELECT rtrim(ADDRESS1) AS street, rtrim(PHONE1) AS phone FROM RM00101 WHERE rtrim(CUSTNMBR) = ?')
        .get(key);
      return row && ({ ...row, email: '' } as Record<PeopleField, string>);
    },
    takeAll: () => {},
    close: () => database.close(),
  };
}
