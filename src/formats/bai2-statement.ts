import { FileError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { formatMoney } from '../core/money.ts';
import type { SourceRecord, Values } from '../core/record.ts';
import type { Bai2Options } from '../config/schema/connector.ts';
import { Bai2Defect, decimalAmount, fundsAt, summariesOf, wholeAmount } from './bai2-fields.ts';
import type { Bai2Record } from './bai2-records.ts';
import { MOST_PROBLEMS, problemIn, refuseFile } from './refuse.ts';

/** What a level (file, group, account) has held so far, to be compared with what its trailer says. */
interface Level {
  name: string;
  currency: string;
  total: bigint;
  records: number;
  /** Accounts of a group, groups of a file. */
  parts: number;
}

interface Account extends Level {
  values: { account: string; currency: string; summaries: Values[] };
}

export interface Bai2Statement {
  /** Gives the records that a BAI2 record makes: one of type 16 for a detail, several of type summary for an account. */
  take(record: Bai2Record): SourceRecord[];
  /** Throws FILE_TRUNCATED when the file trailer is missing, BAI2_UNBALANCED with every figure that is off. */
  end(): void;
}

const NEXT: Record<string, string> = {
  '02': 'file header (01)',
  '03': 'group header (02)',
  '16': 'account (03)',
  '49': 'account (03)',
  '98': 'group header (02)',
  '99': 'file header (01)',
};

/** Follows the nesting of the records, and verifies counts and control totals at each level. */
export function bai2Statement(options: Bai2Options, file: string): Bai2Statement {
  const off: Problem[] = [];
  let fileLevel: (Level & { values: Values }) | undefined;
  let group: (Level & { values: Values }) | undefined;
  let account: Account | undefined;
  let number = 0;
  let ended = false;
  let lastLine = 0;

  function read(record: Bai2Record): SourceRecord[] {
    const { code, fields } = record;
    for (const level of [fileLevel, group, account]) if (level) level.records += record.records;
    switch (code) {
      case '01':
        if (fileLevel) misplaced(record, 'the file trailer (99) of the file before is missing');
        ended = false;
        fileLevel = {
          ...level('file', options.currency, record),
          values: { sender: field(0), receiver: field(1), date: field(2), time: field(3), id: field(4) },
        };
        return [];
      case '02': {
        if (!fileLevel) missingHeader(record);
        if (group) misplaced(record, 'the group trailer (98) of the group before is missing');
        const currency = fields[5] || options.currency;
        group = {
          ...level('group', currency, record),
          values: {
            receiver: field(0),
            originator: field(1),
            status: field(2),
            date: field(3),
            time: field(4),
            currency,
            date_modifier: field(6),
          },
        };
        return [];
      }
      case '03': {
        if (!group) missingHeader(record);
        if (account) misplaced(record, 'the account trailer (49) of the account before is missing');
        const currency = fields[1] || group!.currency;
        const { summaries, total } = summariesOf(fields, currency);
        account = {
          ...level(`account ${lastDigits(fields[0] ?? '')}`, currency, record),
          total,
          values: { account: fields[0] ?? '', currency, summaries },
        };
        return summaries.map((summary) => sourceRecord(record, 'summary', summary));
      }
      case '16':
        if (!account) missingHeader(record);
        return [detail(record, account!)];
      case '49':
        if (!account) missingHeader(record);
        group!.total += verify(record, account!, fields[0], fields[1]);
        group!.parts++;
        account = undefined;
        return [];
      case '98':
        if (account) misplaced(record, 'the account trailer (49) is missing');
        if (!group) missingHeader(record);
        fileLevel!.total += verify(record, group!, fields[0], fields[2], fields[1], 'accounts');
        fileLevel!.parts++;
        group = undefined;
        return [];
      default:
        if (account || group) misplaced(record, `the ${account ? 'account trailer (49)' : 'group trailer (98)'} is missing`);
        if (!fileLevel) missingHeader(record);
        if (!record.ended) throw truncated(record.line);
        verify(record, fileLevel!, fields[0], fields[2], fields[1], 'groups');
        fileLevel = undefined;
        ended = true;
        return [];
    }
    function field(index: number): string | null {
      return fields[index] || null;
    }
  }

  function detail(record: Bai2Record, of: Account): SourceRecord {
    const { fields } = record;
    const code = fields[0] ?? '';
    if (!/^\d{3}$/.test(code)) throw new Bai2Defect(`the type code is ${JSON.stringify(code.slice(0, 20))}, which must be three digits`);
    const amount = decimalAmount(fields[1], of.currency, 'the amount');
    of.total += wholeAmount(fields[1], 'the amount') ?? 0n;
    const funds = fundsAt(fields, 2, of.currency);
    const [bank, customer, text] = fields.slice(funds.next);
    return sourceRecord(record, '16', {
      type_code: code,
      amount,
      ...funds.values,
      bank_reference: bank || null,
      customer_reference: customer || null,
      text: text || null,
      summaries: of.values.summaries,
    });
  }

  function sourceRecord(record: Bai2Record, type: string, own: Values): SourceRecord {
    const about =
      record.code === '03'
        ? { account: record.fields[0] ?? '', currency: account!.currency }
        : { account: account!.values.account, currency: account!.currency };
    return {
      values: { ...own, date: group!.values['date']!, ...about, group: group!.values, file: fileLevel!.values },
      number: ++number,
      line: record.line,
      type,
    };
  }

  /** Compares a trailer with what was read; gives the control total that the level above adds up. */
  function verify(
    record: Bai2Record,
    of: Level,
    total: string | undefined,
    records: string | undefined,
    parts?: string,
    partName?: string,
  ): bigint {
    const declared = wholeAmount(total, 'the control total');
    // Some banks leave trailer figures blank: what is not declared cannot be off.
    if (declared !== undefined && declared !== of.total)
      unbalanced(
        record,
        `The control total of the ${of.name} is ${money(declared, of)}, but its ${record.code === '49' ? 'amounts' : partName} add up to ${money(of.total, of)}: off by ${money(declared - of.total, of)}.`,
      );
    count(record, of, records, of.records, 'records');
    if (partName) count(record, of, parts, of.parts, partName);
    return declared ?? of.total;
  }

  function count(record: Bai2Record, of: Level, declared: string | undefined, found: number, what: string): void {
    if (declared === undefined || declared === '') return;
    if (!/^\d{1,15}$/.test(declared)) throw new Bai2Defect(`the number of ${what} is ${JSON.stringify(declared.slice(0, 20))}`);
    const missing = Number(declared) - found;
    if (missing !== 0)
      unbalanced(
        record,
        `The trailer of the ${of.name} declares ${Number(declared)} ${what}, but there are ${found}: ${Math.abs(missing)} too ${missing > 0 ? 'few' : 'many'}.`,
      );
  }

  function unbalanced(record: Bai2Record, message: string): void {
    if (off.length < MOST_PROBLEMS)
      off.push(
        problemIn(
          'BAI2_UNBALANCED',
          file,
          { line: record.line },
          message,
          'Records are missing or were changed on the way: have the bank send the file again.',
        ),
      );
  }

  function missingHeader(record: Bai2Record): never {
    throw misplacedError(record, ended ? 'the file has already ended (99)' : `there is no ${NEXT[record.code]} before it`);
  }
  function misplaced(record: Bai2Record, why: string): never {
    throw misplacedError(record, why);
  }
  function misplacedError(record: Bai2Record, why: string): FileError {
    return refuseFile(
      'BAI2_STRUCTURE',
      file,
      { line: record.line },
      `The record ${record.code} does not belong here: ${why}.`,
      'A part of the file is missing: have the bank send it again.',
    );
  }
  function truncated(line: number): FileError {
    return refuseFile(
      'FILE_TRUNCATED',
      file,
      { line },
      'The file ends without a whole file trailer (99): it was cut off.',
      'Have the bank send it again.',
    );
  }

  return {
    take(record) {
      lastLine = record.line;
      try {
        return read(record);
      } catch (error) {
        if (!(error instanceof Bai2Defect)) throw error;
        // The last record of a file that was cut off is often half a field.
        if (!record.ended) throw truncated(record.line);
        throw refuseFile(
          'BAI2_STRUCTURE',
          file,
          { line: record.line },
          `The record ${record.code} cannot be read: ${error.message}.`,
          'The file is damaged or departs from BAI2: have the bank send it again.',
        );
      }
    },
    end() {
      if (fileLevel || !ended) {
        if (lastLine === 0)
          throw refuseFile(
            'FILE_EMPTY',
            file,
            {},
            'The file has no records: there is nothing in it but empty lines.',
            'Have the bank send it again.',
          );
        throw truncated(lastLine);
      }
      if (off.length) throw new FileError(off);
    },
  };
}

function level(name: string, currency: string, record: Bai2Record): Level {
  return { name, currency, total: 0n, records: record.records, parts: 0 };
}

/** Bank accounts are not shown whole in messages. */
function lastDigits(account: string): string {
  return account.length > 4 ? `…${account.slice(-4)}` : account;
}

function money(whole: bigint, of: Level): string {
  return `${formatMoney(whole, of.currency)} ${of.currency}`;
}
