import { FileError, type Problem } from '../../core/errors.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import type { Camt053Options } from '../../config/schema/connector.ts';
import { MAX_PROBLEMS, refuseFile } from '../refuse.ts';
import { exactAmount, imbalance, lastDigits } from '../statement-balance.ts';
import { statementOnce } from '../statement-once.ts';

/** The parts of one statement (Stmt) in the order of the document, as trees of elements. */
export interface CamtStatement {
  begin(line: number): void;
  /** A child of the statement; gives the records that it makes. */
  part(name: string, value: Value, line: number): SourceRecord[];
  end(): void;
  /** At the end of the file: every statement that does not add up. */
  finish(): void;
}

/** Codes of balances that open and close a statement; a page of one opens and closes with interim balances. */
const OPENING = ['OPBD', 'PRCD'];
const CLOSING = 'CLBD';
const INTERIM = 'ITBD';
const PENDING = ['PDNG', 'INFO', 'FUTR'];

export function camtStatement(options: Camt053Options, file: string): CamtStatement {
  const off: Problem[] = [];
  const once = statementOnce(file);
  let number = 0;
  let head: Values = {};
  let line = 1;
  let account = '';
  let currency: string | null = null;
  let balances: Balance[] = [];
  let sum = 0n;

  function malformed(at: number, message: string): never {
    throw refuseFile(
      'CAMT_STRUCTURE',
      file,
      { line: at },
      message,
      'The file is damaged or not valid CAMT.053: have the bank send it again, and compare it with its description.',
    );
  }

  function about(): Values {
    const opening = openingOf(balances);
    const sequence = textAt(head, 'ElctrncSeqNb') ?? textAt(head, 'LglSeqNb') ?? textAt(head, 'Id');
    return {
      account,
      currency,
      statement: [sequence, textAt(head, 'FrToDt.FrDtTm') ?? textAt(head, 'FrToDt.FrDt'), opening && String(opening.amount)]
        .filter(Boolean)
        .join(' '),
      statement_id: textAt(head, 'Id'),
      sequence_number: textAt(head, 'ElctrncSeqNb'),
      copy: textAt(head, 'CpyDplctInd'),
    };
  }

  function balance(value: Values, at: number): SourceRecord {
    const code = textAt(value, 'Tp.CdOrPrtry.Cd') ?? textAt(value, 'Tp.CdOrPrtry.Prtry');
    const { text, of } = amountOf(value, at, 'A balance');
    currency ??= of;
    balances.push({ code: code ?? '', amount: exactAmount(text)!, currency: of });
    return record('balance', { ...about(), kind: code, balance: text, currency: of, date: dateOf(value, 'Dt') }, at);
  }

  function entry(value: Values, at: number): SourceRecord {
    if (account === '') malformed(at, 'An entry comes before the account (Acct).');
    const status = textAt(value, 'Sts.Cd') ?? textAt(value, 'Sts') ?? textAt(value, 'Sts.Prtry');
    if (status === null) malformed(at, 'An entry does not say whether it is booked (Sts).');
    const { text, of } = amountOf(value, at, 'An entry');
    const booked = status === 'BOOK';
    if (!booked && !PENDING.includes(status))
      malformed(at, `An entry has the status ${JSON.stringify(status.slice(0, 20))}, but only these exist: BOOK, ${PENDING.join(', ')}.`);
    if (booked) {
      if (currency !== null && of !== currency) malformed(at, `An entry is in ${of}, but its account is in ${currency}.`);
      sum += exactAmount(text)!;
    }
    const transactions = listAt(value, 'NtryDtls').flatMap((details) => listAt(details, 'TxDtls'));
    const single = transactions.length === 1 ? transactions[0]! : {};
    const gets = !text.startsWith('-');
    return record(
      booked ? 'entry' : 'pending',
      {
        ...about(),
        currency: of,
        date: dateOf(value, 'BookgDt'),
        value_date: dateOf(value, 'ValDt'),
        amount: text,
        status,
        reversal: textAt(value, 'RvslInd') ?? 'false',
        type_code:
          [textAt(value, 'BkTxCd.Domn.Cd'), textAt(value, 'BkTxCd.Domn.Fmly.Cd'), textAt(value, 'BkTxCd.Domn.Fmly.SubFmlyCd')]
            .filter(Boolean)
            .join('-') || textAt(value, 'BkTxCd.Prtry.Cd'),
        entry_reference: textAt(value, 'NtryRef'),
        bank_reference: textAt(value, 'AcctSvcrRef') ?? textAt(single, 'Refs.AcctSvcrRef'),
        customer_reference: referenceOf(single),
        name: nameOf(single, gets),
        text: textAt(value, 'AddtlNtryInf') ?? remittanceOf(single) ?? textAt(single, 'AddtlTxInf'),
        transactions: transactions.map((details) => transaction(details, gets)),
      },
      at,
    );
  }

  function record(type: string, values: Values, at: number): SourceRecord {
    once.add(values, type === 'entry');
    return { values, number: ++number, line: at, type };
  }

  /** With a sign: what the account gets is positive, reversals too, since the mark says how the entry was booked. */
  function amountOf(value: Values, at: number, what: string): { text: string; of: string } {
    const given = value['Amt'];
    const amount = given === undefined || given === null || Array.isArray(given) ? {} : typeof given === 'string' ? { text: given } : given;
    const text = textAt(amount, 'text')?.trim() ?? '';
    const of = textAt(amount, '@Ccy');
    const mark = textAt(value, 'CdtDbtInd');
    if (exactAmount(text) === undefined || /^[-+]/.test(text))
      malformed(
        at,
        `${what} has the amount ${JSON.stringify(text.slice(0, 30))}; in CAMT.053 it has digits, a point for decimals, and no sign.`,
      );
    if (of === null) malformed(at, `${what} does not say its currency (Ccy).`);
    if (mark !== 'CRDT' && mark !== 'DBIT') malformed(at, `${what} does not say whether it is a credit or a debit (CdtDbtInd).`);
    return { text: mark === 'DBIT' && exactAmount(text) !== 0n ? `-${text}` : text, of };
  }

  return {
    begin(at) {
      [head, line, account, currency, balances, sum] = [{}, at, '', null, [], 0n];
      once.begin(at);
    },
    part(name, value, at) {
      if (name === 'Acct') {
        const group = groupOf(value);
        account = textAt(group, 'Id.IBAN') ?? textAt(group, 'Id.Othr.Id') ?? '';
        currency = textAt(group, 'Ccy');
        if (account === '') malformed(at, 'The statement does not say its account (Acct, Id).');
      } else if (name === 'Bal') return [balance(groupOf(value), at)];
      else if (name === 'Ntry') return [entry(groupOf(value), at)];
      else if (HEAD.has(name)) head[name] = value;
      return [];
    },
    end() {
      if (account === '') malformed(line, 'The statement does not say its account (Acct).');
      once.end(account);
      const opening = openingOf(balances);
      const closing = balances.find(({ code }) => code === CLOSING) ?? balances.findLast((one) => one.code === INTERIM && one !== opening);
      if (!opening || !closing) {
        if (options.balances === 'optional') return;
        throw refuseFile(
          'STATEMENT_UNBALANCED',
          file,
          { line },
          `The statement of the account ${lastDigits(account)} has no ${opening ? 'closing' : 'opening'} balance, so it cannot be checked for completeness.`,
          'Have the bank send booked balances (OPBD and CLBD). If it never does, set balances: optional in the decoder (camt053) of the connector.',
        );
      }
      const wrong = imbalance(
        { file, line },
        { account, opening: opening.amount, entries: sum, closing: closing.amount, currency: closing.currency },
      );
      if (wrong && off.length < MAX_PROBLEMS) off.push(wrong);
    },
    finish() {
      if (off.length) throw new FileError(off);
    },
  };
}

interface Balance {
  code: string;
  amount: bigint;
  currency: string;
}

/** The booked balance at the beginning; of a page that goes on with a statement, the first interim one. */
function openingOf(balances: readonly Balance[]): Balance | undefined {
  return balances.find(({ code }) => OPENING.includes(code)) ?? balances.find(({ code }) => code === INTERIM);
}

const HEAD = new Set(['Id', 'ElctrncSeqNb', 'LglSeqNb', 'CreDtTm', 'FrToDt', 'CpyDplctInd']);

function transaction(details: Values, gets: boolean): Values {
  const amount = groupOf(details['Amt'] ?? groupOf(groupOf(details['AmtDtls'])['TxAmt'])['Amt'] ?? null);
  return {
    amount: textAt(amount, 'text'),
    currency: textAt(amount, '@Ccy'),
    customer_reference: referenceOf(details),
    bank_reference: textAt(details, 'Refs.AcctSvcrRef'),
    name: nameOf(details, gets),
    text: remittanceOf(details) ?? textAt(details, 'AddtlTxInf'),
  };
}

/** The structured reference of the payer, else the number that the payer gave the payment. */
function referenceOf(details: Values): string | null {
  const end = textAt(details, 'Refs.EndToEndId');
  const structured = listAt(groupOf(details['RmtInf']), 'Strd')
    .map((one) => textAt(one, 'CdtrRefInf.Ref'))
    .find(Boolean);
  return structured ?? (end === 'NOTPROVIDED' ? null : end);
}

/** Of money that came in, who paid; of money that went out, who got it. */
function nameOf(details: Values, gets: boolean): string | null {
  const who = gets ? 'Dbtr' : 'Cdtr';
  return textAt(details, `RltdPties.${who}.Nm`) ?? textAt(details, `RltdPties.${who}.Pty.Nm`);
}

function remittanceOf(details: Values): string | null {
  const lines = groupOf(details['RmtInf'])['Ustrd'];
  const texts = (Array.isArray(lines) ? lines : [lines]).filter((line): line is string => typeof line === 'string' && line !== '');
  return texts.length ? texts.join(' ') : null;
}

/** YYYY-MM-DD of a date or a moment as the bank writes it. */
function dateOf(value: Values, name: string): string | null {
  return textAt(value, `${name}.Dt`)?.slice(0, 10) ?? textAt(value, `${name}.DtTm`)?.slice(0, 10) ?? null;
}

function groupOf(value: Value | undefined): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function listAt(values: Values, name: string): Values[] {
  const value = values[name];
  return (Array.isArray(value) ? value : [value]).flatMap((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? [one] : [],
  );
}

function textAt(values: Values, path: string): string | null {
  let at: Value | undefined = values;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return null;
    at = Object.hasOwn(at, part) ? at[part] : undefined;
  }
  if (typeof at === 'object' && at !== null && !Array.isArray(at)) at = at['text'];
  return typeof at === 'string' && at !== '' ? at : null;
}
