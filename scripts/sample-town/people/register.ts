import type { RegisterEntry } from '../generate/people-records.ts';
import type { PeopleField } from '../generate/truth.ts';
import { HABITS } from '../generate/typing.ts';
import { officeTime, readRegister, saveRegister } from './files.ts';
import { type Office, unknownRecord } from './office.ts';

const ELEMENTS = { street: 'Address1', phone: 'Phone', email: 'Email' } as const satisfies Record<PeopleField, keyof RegisterEntry>;
const CHANGEABLE = ['Address1', 'Address2', 'City', 'State', 'Zip', 'Phone', 'Email'] as const satisfies readonly (keyof RegisterEntry)[];

/** The clerk's register of residents, as the operations of the clerk's service use it. */
export interface Register extends Office {
  page(number: number, size: number): { total: number; entries: RegisterEntry[] };
  /** Changes what is given and leaves the rest; a key that came before is answered as before, and does nothing. */
  update(requestKey: string, resident: Record<string, unknown>): { ResponseCode: string; Message?: string };
}

export function openRegister(folder: string): Register {
  const entries = readRegister(folder);
  const answered = new Map<string, { ResponseCode: string; Message?: string }>();
  let got: string[] = [];
  const find = (key: string): RegisterEntry | undefined => entries.find((entry) => entry.ResidentNo === key);
  const edit = (entry: RegisterEntry, change: Partial<RegisterEntry>): void => {
    Object.assign(entry, change, { LastModified: officeTime().toISOString().slice(0, 19) });
    saveRegister(folder, entries);
  };
  return {
    page: (number, size) => ({ total: entries.length, entries: entries.slice((number - 1) * size, number * size) }),
    update(requestKey, resident) {
      const before = answered.get(requestKey);
      if (before) return before;
      const key = String(resident['ResidentNo'] ?? '');
      const entry = find(key);
      const change = Object.fromEntries(
        CHANGEABLE.flatMap((name) => (resident[name] === undefined || resident[name] === null ? [] : [[name, String(resident[name])]])),
      );
      if (entry) {
        edit(entry, change);
        for (const [name, value] of Object.entries(change)) got.push(`${key} ${name}=${value}`);
      }
      const answer = entry ? { ResponseCode: '0' } : { ResponseCode: '404', Message: `There is no resident ${key}` };
      answered.set(requestKey, answer);
      return answer;
    },
    received: () => got.splice(0),
    correct(key, field, value) {
      const entry = find(key);
      if (!entry) throw unknownRecord('clerk', key);
      edit(entry, { [ELEMENTS[field]]: field === 'phone' ? HABITS.register.phone(value) : value });
    },
    has(key) {
      const entry = find(key);
      return entry && { street: entry.Address1, phone: entry.Phone ?? '', email: entry.Email ?? '' };
    },
    takeAll: () => {},
    close: () => void (got = []),
  };
}
