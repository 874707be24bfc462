import iconv from 'iconv-lite';
import { addDays, monthOf } from '../calendar.ts';
import { csvField, exportedOn, groupBy, type TownFile } from '../files.ts';
import { dollars } from '../money.ts';
import type { Plan } from '../plan.ts';
import { type Random } from '../random.ts';
import type { RecreationLine, RecreationReceipt } from '../recreation-receipts.ts';
import { TOWN, type Resident } from '../residents.ts';
import { streamTruth, type Registry, type SeededError, type StreamTruth } from '../truth.ts';
import { HABITS, typePerson, type Typed } from '../typing.ts';

export const REGISTRATION_STREAM = 'recreation.registrations';

/** A line has no number of its own: two equal lines of one receipt are two registrations. */
export const REGISTRATION_COLUMNS = [
  'receipt_number',
  'registration_date',
  'household_id',
  'member_no',
  'participant_first',
  'participant_last',
  'birth_date',
  'gender',
  'address_1',
  'address_2',
  'city',
  'state',
  'zip',
  'phone',
  'email',
  'program_code',
  'program',
  'session',
  'fee',
  'notes',
] as const;

const NOTES = [
  'Allergies: peanuts, dairy',
  'Pick-up by grandmother,\r\nask for "Nana"',
  'Needs size "M" shirt',
  'Can’t attend first class',
  'Carpool with\r\nneighbor; call first',
  'Paid at desk, café side – receipt e-mailed',
];

/** The recreation system's own household ids. Some families were entered twice: the second id comes after all others. */
export interface RecreationIds {
  household(resident: Resident | undefined, receipt: number): string;
}

export function recreationIds(random: Random, householdCount: number): RecreationIds {
  const again = new Map<number, number>();
  for (let i = 0; i < Math.round(householdCount / 50); i++) again.set(random.integer(1, householdCount), householdCount + 11 + i);
  return {
    household(resident, receipt) {
      if (resident === undefined) return '';
      const number = resident.household.number;
      const second = again.get(number);
      // online sign-up made the second one: even receipts are the family's online ones
      return String(second !== undefined && receipt % 2 === 0 ? second : number).padStart(5, '0');
    },
  };
}

/** Program registrations, one CSV a month, as someone's Excel saved it: Windows-1252, CR/LF, ="00123" so that the zeros stay. */
export function registrationFiles(
  random: Random,
  receipts: readonly RecreationReceipt[],
  ids: RecreationIds,
  plan: Plan,
  registry: Registry,
): { files: TownFile[]; seeded: SeededError[]; stream: StreamTruth } {
  const files: TownFile[] = [];
  const seeded: SeededError[] = [];
  const typed = new Map<string, Typed>();
  let records = 0;
  for (const [month, inMonth] of groupBy(receipts, (receipt) => monthOf(receipt.date))) {
    const path = `sftp/recreation/exports/registrations-${month}.csv`;
    let text = `${REGISTRATION_COLUMNS.join(',')}\r\n`;
    for (const receipt of inMonth) {
      const noted = receipt !== plan.twice && receipt !== plan.ragged && random.chance(0.12) ? random.pick(NOTES) : '';
      const found = new Set<RecreationReceipt>();
      for (const line of receipt.lines) {
        const fields = fieldsOf(random, receipt, line, ids, noted, typed, registry);
        if (fields === undefined) continue;
        records++;
        const physicalLine = text.split('\n').length;
        if (receipt === plan.ragged && !found.has(receipt)) {
          seeded.push({
            kind: 'ragged-line',
            stream: REGISTRATION_STREAM,
            file: path,
            line: physicalLine,
            key: String(receipt.number),
            expect: `reject this line: it has 15 columns instead of ${REGISTRATION_COLUMNS.length}`,
          });
          fields.length = 15;
        }
        if (receipt === plan.twice && !found.has(receipt)) {
          seeded.push({
            kind: 'equal-lines-both-real',
            stream: REGISTRATION_STREAM,
            file: path,
            line: physicalLine,
            key: String(receipt.number),
            expect: 'two registrations: this line and the next are equal, and both were paid for',
          });
        }
        found.add(receipt);
        text += `${fields.join(',')}\r\n`;
      }
    }
    files.push({ path, bytes: iconv.encode(text, 'windows-1252'), modified: exportedOn(addDays(`${month}-28`, 4)) });
  }
  return { files, seeded, stream: streamTruth({ files: files.length, records, rejected: 1 }) };
}

/** The line's fields as they are in the file, or undefined where nobody is registered. */
function fieldsOf(
  random: Random,
  receipt: RecreationReceipt,
  line: RecreationLine,
  ids: RecreationIds,
  note: string,
  typed: Map<string, Typed>,
  registry: Registry,
): string[] | undefined {
  const registration = line.registration;
  if (registration === undefined) return undefined;
  const { participant, program, session } = registration;
  const household = ids.household(participant, receipt.number);
  const member = String(participant.member).padStart(2, '0');
  const key = `${household}-${member}`;
  // a person is typed once per household record, not once per registration
  const person = typed.get(key) ?? typePerson(random, participant, HABITS.registrations);
  typed.set(key, person);
  registry.resident(participant.id, REGISTRATION_STREAM, key, person.variants);
  const [year, month, day] = participant.birthDate.split('-');
  const plainFields = [
    person.first,
    person.last,
    `${month}/${day}/${year}`,
    participant.sex,
    person.address1,
    person.address2,
    TOWN.name,
    TOWN.state,
    TOWN.zip,
    person.phone,
    person.email,
    program.code,
    program.name,
    session,
    dollars(line.cents),
    note,
  ];
  return [
    String(receipt.number),
    `${receipt.date.slice(5, 7)}/${receipt.date.slice(8)}/${receipt.date.slice(0, 4)}`,
    `="${household}"`,
    `="${member}"`,
    ...plainFields.map(csvField),
  ];
}
