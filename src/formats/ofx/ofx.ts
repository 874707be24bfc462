import type { OfxOptions } from '../../config/schema/connector.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { ofxEncoding } from './encoding.ts';
import { ofxTokens } from './tokens.ts';
import { problemIn, refuseFile } from '../refuse.ts';
import { statementOnce } from '../statement-once.ts';
import { setField } from '../set-field.ts';
import { decodeText } from '../text/decoding.ts';

/**
 * Bank and card statements in OFX, version 1 (SGML) and 2 (XML), source only. One record of type entry for each STMTTRN, pending for
 * each STMTTRNP, balance for each balance. Problems: OFX_STRUCTURE, OFX_ERROR, OFX_CORRECTION, FILE_TRUNCATED. An OFX file
 * states no opening balance, so nothing in it says that an entry is missing; the entries' own numbers (FITID) tell what came before.
 */
export const ofx: Format<OfxOptions> = { name: 'ofx', decode: decodeOfx };

const MAX_DEPTH = 32;

async function* decodeOfx(
  source: AsyncIterable<Uint8Array>,
  options: OfxOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file } = context;
  const { encoding, bytes } = await ofxEncoding(source, options.encoding, file);
  const statements = ofxStatements(file);
  const tokens = ofxTokens(file, statements);
  const saidBy = options.encoding === 'declared' ? 'its header' : undefined;
  for await (const text of decodeText(bytes, encoding, { ...context, ...(saidBy === undefined ? {} : { saidBy }) })) {
    tokens.push(text);
    if (statements.waiting() >= RECORDS_AT_ONCE) yield statements.take();
  }
  statements.end(tokens.end());
  const rest = statements.take();
  if (rest.length) yield rest;
}

interface Group {
  name: string;
  line: number;
  values: Values;
}

interface OfxStatements {
  value(name: string, text: string, line: number): void;
  open(name: string, line: number): void;
  close(name: string, line: number): void;
  waiting(): number;
  take(): SourceRecord[];
  end(whole: boolean): void;
}

const ENTRIES: Record<string, string> = { STMTTRN: 'entry', STMTTRNP: 'pending' };
const BALANCES: Record<string, string> = { LEDGERBAL: 'ledger', AVAILBAL: 'available' };
const STATEMENTS = ['STMTRS', 'CCSTMTRS'];

function ofxStatements(file: string): OfxStatements {
  const stack: Group[] = [];
  let records: SourceRecord[] = [];
  let number = 0;
  let finished = false;
  let statements = 0;
  const once = statementOnce(file);

  function malformed(line: number, message: string): never {
    throw refuseFile('OFX_STRUCTURE', file, { line }, message, 'The file is damaged or not valid OFX: have it sent again.');
  }

  function finish({ name, values, line }: Group, parent: Group | undefined): void {
    if (name === 'STATUS' && values['SEVERITY'] === 'ERROR')
      throw refuseFile(
        'OFX_ERROR',
        file,
        { line },
        `The bank answers with an error instead of a statement: ${[values['CODE'], values['MESSAGE']].filter((x) => typeof x === 'string').join(' ')}.`,
        'Download the statement again; if the error stays, ask the bank what it means.',
      );
    if (Object.hasOwn(ENTRIES, name)) keep(entry(ENTRIES[name]!, values, line));
    else if (Object.hasOwn(BALANCES, name)) keep(balance(BALANCES[name]!, values, line));
    else if (parent) {
      const before = Object.hasOwn(parent.values, name) ? parent.values[name] : undefined;
      setField(parent.values, name, before === undefined ? values : [...(Array.isArray(before) ? before : [before]), values]);
    }
  }

  function keep(record: SourceRecord): void {
    once.add(record.raw ?? record.values, record.type === 'entry');
    records.push(record);
  }

  /** The account that the entries around are of. */
  function about(line: number): Values {
    const statement = stack.findLast(({ name }) => STATEMENTS.includes(name));
    if (!statement) malformed(line, 'An entry or a balance is outside a statement (STMTRS or CCSTMTRS).');
    const account = groupAt(statement.values['BANKACCTFROM'] ?? statement.values['CCACCTFROM']);
    if (!textAt(account, 'ACCTID')) malformed(line, 'The statement does not say its account (BANKACCTFROM, ACCTID) before its entries.');
    return {
      bank: textAt(account, 'BANKID'),
      account: textAt(account, 'ACCTID'),
      account_type: textAt(account, 'ACCTTYPE') ?? (statement.name === 'CCSTMTRS' ? 'CREDITCARD' : null),
      currency: textAt(statement.values, 'CURDEF'),
    };
  }

  function entry(type: string, values: Values, line: number): SourceRecord {
    const own = about(line);
    const posted = textAt(values, 'DTPOSTED') ?? textAt(values, 'DTTRAN');
    const payee = groupAt(values['PAYEE']);
    const record: SourceRecord = {
      values: {
        ...own,
        // CURRENCY: the amount is in another one. ORIGCURRENCY: it was converted already.
        currency: textAt(groupAt(values['CURRENCY']), 'CURSYM') ?? own['currency']!,
        date: posted?.slice(0, 8) ?? null,
        posted_time: posted?.slice(8) || null,
        user_date: textAt(values, 'DTUSER'),
        amount: amountOf(textAt(values, 'TRNAMT'), line),
        type_code: textAt(values, 'TRNTYPE'),
        fitid: textAt(values, 'FITID'),
        check_number: textAt(values, 'CHECKNUM'),
        reference: textAt(values, 'REFNUM'),
        name: textAt(values, 'NAME') ?? textAt(payee, 'NAME'),
        memo: textAt(values, 'MEMO'),
      },
      number: ++number,
      line,
      type,
    };
    const corrects = textAt(values, 'CORRECTFITID');
    if (corrects !== null) {
      record.problem = problemIn(
        'OFX_CORRECTION',
        file,
        { line, record: number },
        `The entry corrects an earlier one (CORRECTFITID ${corrects}, ${textAt(values, 'CORRECTACTION') ?? 'REPLACE'}).`,
        'Compare both. Interlocal does not change existing entries by itself; ask the bank what the account really shows.',
      );
      record.raw = JSON.stringify(record.values);
      record.values = {};
    }
    return record;
  }

  function balance(kind: string, values: Values, line: number): SourceRecord {
    const on = textAt(values, 'DTASOF');
    return {
      values: { ...about(line), kind, balance: amountOf(textAt(values, 'BALAMT'), line), date: on?.slice(0, 8) ?? null },
      number: ++number,
      line,
      type: 'balance',
    };
  }

  /** OFX takes a point or a comma for the decimals, and nothing between thousands. */
  function amountOf(text: string | null, line: number): string | null {
    if (text === null) return null;
    if (!/^[-+]?\d{0,20}(?:[.,]\d{0,10})?$/.test(text) || !/\d/.test(text))
      malformed(line, `The amount is ${JSON.stringify(text.slice(0, 30))}, which is not an OFX amount.`);
    return text.replace(',', '.').replace('+', '');
  }

  return {
    value(name, text, line) {
      const group = stack.at(-1);
      if (!group) malformed(line, `The file begins with <${name.slice(0, 20)}> and not with <OFX>.`);
      setField(group.values, name, text === '' ? null : text);
    },
    open(name, line) {
      if (stack.length === 0 && (name !== 'OFX' || finished)) malformed(line, `<${name.slice(0, 20)}> is where only <OFX> can be.`);
      if (stack.length >= MAX_DEPTH) malformed(line, `Elements are nested more than ${MAX_DEPTH} deep.`);
      if (STATEMENTS.includes(name)) {
        statements++;
        once.begin(line);
      }
      stack.push({ name, line, values: {} });
    },
    close(name, line) {
      const at = stack.findLastIndex((group) => group.name === name);
      if (at < 0) malformed(line, `</${name.slice(0, 20)}> closes nothing.`);
      // What was opened within and never closed was a value without a text, as OFX 1 writes it; what follows belongs to the group around.
      while (stack.length - 1 > at) {
        const empty = stack.pop()!;
        const around = stack.at(-1)!;
        if (Object.hasOwn(ENTRIES, empty.name) || STATEMENTS.includes(empty.name)) malformed(empty.line, `<${empty.name}> is not closed.`);
        setField(around.values, empty.name, null);
        for (const [key, value] of Object.entries(empty.values)) setField(around.values, key, value);
      }
      const group = stack.pop()!;
      finish(group, stack.at(-1));
      if (STATEMENTS.includes(name)) once.end(textAt(groupAt(group.values['BANKACCTFROM'] ?? group.values['CCACCTFROM']), 'ACCTID') ?? '');
      if (stack.length === 0) finished = true;
    },
    waiting: () => records.length,
    take() {
      const taken = records;
      records = [];
      return taken;
    },
    end(whole) {
      if (!whole || !finished)
        throw refuseFile('FILE_TRUNCATED', file, {}, 'The file ends before </OFX>: it was cut off.', 'Have it sent or downloaded again.');
      if (statements === 0)
        throw refuseFile(
          'OFX_STRUCTURE',
          file,
          {},
          'The file has no statement of a bank account or a card (STMTRS, CCSTMTRS).',
          'This is another kind of OFX file: download the statement of an account.',
        );
    },
  };
}

function groupAt(value: Value | undefined): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function textAt(values: Values, name: string): string | null {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
}
