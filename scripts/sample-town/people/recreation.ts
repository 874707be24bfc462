import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { RecreationResident } from '../generate/people-records.ts';
import type { PeopleField } from '../generate/truth.ts';
import { HABITS } from '../generate/typing.ts';
import { officeTime, readRecreation, saveRecreation } from './files.ts';
import { type Office, unknownRecord } from './office.ts';

const COLUMNS = { street: 'street', phone: 'phone', email: 'email' } as const satisfies Record<PeopleField, keyof RecreationResident>;
/** A file is imported at the second beat that sees it. */
const BEAT_MS = 250;

/**
 * The recreation office: exports its list of residents, and imports files of changes from `sftp/recreation/changes`. Columns that are
 * empty stay as they are. A file is moved to `taken`; one that names nobody, or a column that the list does not have, to `refused`, and
 * nothing of it is imported.
 */
export function startRecreationOffice(folder: string): Office {
  const inbox = join(folder, 'sftp/recreation/changes');
  for (const name of ['', 'taken', 'refused']) mkdirSync(join(inbox, name), { recursive: true });
  let got: string[] = [];
  const edit = (key: string, change: Partial<RecreationResident>): void => {
    const rows = readRecreation(folder);
    const row = rows.find((one) => one.resident_no === key);
    if (!row) throw unknownRecord('recreation office', key);
    Object.assign(row, change, { changed: officeTime().toISOString().slice(0, 19).replace('T', ' ') });
    saveRecreation(folder, rows);
  };
  const waiting = (): string[] =>
    readdirSync(inbox)
      .filter((name) => !name.startsWith('.') && name.endsWith('.csv'))
      .sort();
  const take = (name: string): void => {
    const changes = changesOf(readFileSync(join(inbox, name), 'utf8'));
    const known = new Map(readRecreation(folder).map((row) => [row.resident_no, row]));
    const good = changes.every(
      ({ resident_no: key, ...rest }) =>
        key !== undefined && known.has(key) && Object.keys(rest).every((column) => column in known.get(key)!),
    );
    renameSync(join(inbox, name), join(inbox, good ? 'taken' : 'refused', name));
    if (!good) return;
    for (const { resident_no: key, ...change } of changes) {
      edit(key!, change);
      for (const [column, value] of Object.entries(change)) got.push(`${key} ${column}=${value}`);
    }
  };
  const takeAll = (): void => waiting().forEach(take);
  let seen: string | undefined;
  const timer = setInterval(() => {
    const [first] = waiting();
    if (first !== undefined && first === seen) take(first);
    seen = first;
  }, BEAT_MS);
  return {
    takeAll,
    received: () => got.splice(0),
    correct: (key, field, value) => edit(key, { [COLUMNS[field]]: field === 'phone' ? HABITS.residents.phone(value) : value }),
    has(key) {
      const row = readRecreation(folder).find((one) => one.resident_no === key);
      return row && { street: row.street, phone: row.phone, email: row.email };
    },
    close() {
      clearInterval(timer);
      takeAll();
      got = [];
    },
  };
}

/** The lines of a CSV file by its header, without what is empty. */
function changesOf(text: string): Partial<RecreationResident>[] {
  const [head = [], ...lines] = text
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''),
    );
  return lines.map((values) => Object.fromEntries(head.flatMap((column, i) => (values[i] ? [[column, values[i]]] : []))));
}
