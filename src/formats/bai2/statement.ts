import { createHash } from 'node:crypto';
import { FileError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { formatMoney } from '../../core/money.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import type { Bai2Options } from '../../config/schema/connector.ts';
import { Bai2Defect, decimalAmount, fundsAt, summariesOf, wholeAmount } from './fields.ts';
import type { Bai2Record } from './records.ts';
import { MAX_PROBLEMS, problemIn, refuseFile } from '../refuse.ts';
import { statementOnce } from '../statement-once.ts';

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
  values: { account: string; currency: string; statement: string; summaries: Values[] };
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
  const once = statementOnce(file);
  let fileLevel: (Level & { values: Values }) | undefined;
  let group: (Level & { values: Values }) | undefined;
  let account: Account | undefined;
  /** The group is one that is passed over, as the decoder says. */
  let skipped = false;
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
        skipped = isSkipped(record, group.values);
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
          values: { account: fields[0] ?? '', currency, statement: statementOf(fields, summaries), summaries },
        };
        once.begin(record.line);
        once.add([group!.values['status'], account.values.statement], false);
        return skipped ? [] : summaries.map((summary) => sourceRecord(record, 'summary', summary));
      }
      case '16':
        if (!account) missingHeader(record);
        if (!skipped) once.add(fields, true);
        return skipped ? (detail(record, account!), []) : [detail(record, account!)];
      case '49':
        if (!account) missingHeader(record);
        group!.total += verify(record, account!, fields[0], fields[1]);
        group!.parts++;
        once.end(account!.values.account);
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
        ? { account: record.fields[0] ?? '', currency: account!.currency, statement: account!.values.statement }
        : { account: account!.values.account, currency: account!.currency, statement: account!.values.statement };
    return {
      values: { ...own, date: group!.values['date']!, ...about, group: group!.values, file: fileLevel!.values },
      number: ++number,
      line: record.line,
      type,
    };
  }

  /** Is the group one to pass over? Throws FileError for one that must not be read unasked. */
  function isSkipped(record: Bai2Record, { status, date_modifier: modifier }: Values): boolean {
    const refused = (what: string, hint: string): never => {
      throw refuseFile('BAI2_GROUP', file, { line: record.line }, what, hint);
    };
    if (status === '4' && options.tests !== 'read')
      return (
        options.tests === 'skip' ||
        refused(
          'The group says that it is a test (status 4), so its figures are not real.',
          'Have the bank send real files. If tests come in between, set tests: skip in the decoder (bai2) of the connector.',
        )
      );
    if (status === '2' && options.deletions === 'refuse')
      refused(
        'The group cancels an earlier one (status 2, deletion).',
        "To delete those entries, set deletions: read in the decoder (bai2) of the connector, and deletes: { field: group.status, values: ['2'] } in the stream.",
      );
    if (status === '3' && options.corrections === 'refuse')
      refused(
        'The group corrects an earlier one (status 3), but does not say which of its entries are wrong.',
        'Ask the bank for a deletion of the earlier group and a new one. To read it as new entries, set corrections: read in the decoder (bai2) of the connector.',
      );
    if (status !== null && !['1', '2', '3', '4'].includes(String(status)))
      throw new Bai2Defect(`the status of the group is ${JSON.stringify(String(status).slice(0, 10))}, but only 1 to 4 exist`);
    const interim = modifier === '1' || modifier === '3';
    if (options.days === 'all' || interim === (options.days === 'interim')) return false;
    return (
      options.other_days === 'skip' ||
      refused(
        interim
          ? `The group is interim (as-of date modifier ${modifier}): it may repeat the statement of the whole day, or parts of it.`
          : `The group is about a whole day (as-of date modifier ${modifier ?? 'empty'}), but this stream reads interim groups.`,
        interim
          ? 'Read interim files with another stream, one with days: interim in its decoder (bai2), and give the two kinds different file patterns; or set other_days: skip.'
          : 'Read statements of whole days with another stream, one with days: final in its decoder (bai2); or set other_days: skip.',
      )
    );
  }

  /**
   * What tells this statement of the account from another one of the same day: what the group says of its time, and all
   * balances and totals of the account. A file that is sent again has the same. Where no figure moves with the entries and no time of
   * the day is given, the number of the file tells them apart, which a bank gives once on each day.
   */
  function statementOf(fields: readonly string[], summaries: readonly Values[]): string {
    const { date, time, date_modifier } = group!.values;
    const moves = summaries.some(({ type_code, amount }) => amount !== null && movesWithEntries(String(type_code)));
    const timed = time !== null && !END_OF_DAY.includes(String(time));
    const from = fileLevel!.values;
    return createHash('sha256')
      .update(JSON.stringify([date, time, date_modifier, fields, moves || timed ? [] : [from['sender'], from['date'], from['id']]]))
      .digest('hex')
      .slice(0, 12);
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
    if (off.length < MAX_PROBLEMS)
      off.push(
        problemIn(
          'BAI2_UNBALANCED',
          file,
          { line: record.line },
          message,
          'Records are missing or were changed in transit: have the bank send the file again.',
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
      'The file ends without a complete file trailer (99): it was cut off.',
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
          'The file is damaged or not valid BAI2: have the bank send it again.',
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
            'The file has no records: it contains only empty lines.',
            'Have the bank send it again.',
          );
        throw truncated(lastLine);
      }
      if (off.length) throw new FileError(off);
    },
  };
}

/** As-of times that say no more than that the day is over, or nothing. */
const END_OF_DAY = ['0000', '2359', '2400', '9999'];

/** Closing and current balances, totals of credits (100 to 399) and of debits (400 to 699); opening balances stay all day. */
function movesWithEntries(code: string): boolean {
  return ['015', '030', '045', '060'].includes(code) || (code >= '100' && code <= '699');
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
