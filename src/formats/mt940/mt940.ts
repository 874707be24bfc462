import { CTRL_Z } from '../text/end-mark.ts';
import type { Mt940Options } from '../../config/schema/connector.ts';
import { FileError, type Problem } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { balanceOf, entryOf, Mt940Defect, textOf } from './fields.ts';
import type { Mt940Balance, Mt940Entry } from './fields.ts';
import { excerpt, MAX_PROBLEMS, refuseFile } from '../refuse.ts';
import { exactAmount, imbalance } from '../statement-balance.ts';
import { statementOnce } from '../statement-once.ts';
import { decodeText } from '../text/decoding.ts';
import { textLines } from '../text/lines.ts';

/**
 * Account statements in SWIFT MT940 (source only). One record of type entry for each entry (61) with its text (86), pending for
 * one that is only expected (EC, ED), balance for each balance. Opening balance and entries must give the closing balance of each
 * message. Problems: MT940_STRUCTURE, STATEMENT_UNBALANCED, FILE_TRUNCATED.
 */
export const mt940: Format<Mt940Options> = { name: 'mt940', decode: decodeMt940 };

const MAX_LINE_LENGTH = 65_536;
const MAX_LINES = 10_000;
const TAG = /^:(\d{2}[A-Z]?|NS):/;
/** Tags of MT940 that say nothing of an entry or a balance. */
const PASSED_OVER = new Set(['13', '13D', '21', '34F', '90C', '90D', 'NS']);
const BALANCES: Record<string, string> = {
  '60F': 'opening',
  '60M': 'opening of the page',
  '62F': 'closing',
  '62M': 'closing of the page',
  '64': 'available',
  '65': 'forward available',
};

/** A field with its continuation lines. */
interface Field {
  tag: string;
  lines: string[];
  line: number;
}

async function* decodeMt940(
  bytes: AsyncIterable<Uint8Array>,
  options: Mt940Options,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file } = context;
  const messages = statementReader(file);
  let field: Field | undefined;
  let records: SourceRecord[] = [];
  let last = 0;
  const flush = (): void => {
    if (field) records.push(...messages.field(field));
    field = undefined;
  };
  let cut = false;
  for await (const { lines, first, terminated } of textLines(
    decodeText(bytes, options.encoding ?? 'utf-8', { ...context, lines: true }),
    file,
    MAX_LINE_LENGTH,
  )) {
    for (const [i, given] of lines.entries()) {
      const line = first + i;
      last = line;
      cut = !terminated && i === lines.length - 1;
      const text = withoutEnvelope(given);
      const tag = TAG.exec(text)?.[1];
      if (tag !== undefined) {
        flush();
        field = { tag, lines: [text.slice(tag.length + 2)], line };
      } else if (text === '-' || text.startsWith('-}')) {
        flush();
        records.push(...messages.end(line));
      } else if (text.trim() === '' || text.startsWith(CTRL_Z)) continue;
      else if (!field) {
        if (given.startsWith('{')) continue;
        throw structure(file, line, `The line ${JSON.stringify(excerpt(text))} belongs to no field, such as :20: or :61:`);
      } else if (field.lines.length >= MAX_LINES)
        throw structure(file, field.line, `The field :${field.tag}: has more than ${MAX_LINES} lines`);
      else field.lines.push(text);
    }
    if (records.length < RECORDS_AT_ONCE) continue;
    yield records;
    records = [];
  }
  flush();
  records.push(...messages.finish(last, cut && options.final_newline === 'required'));
  if (records.length) yield records;
}

/** `{4:` and the blocks of SWIFT before it stand around a message. */
function withoutEnvelope(line: string): string {
  const at = line.startsWith('{') ? line.lastIndexOf('{4:') : -1;
  return at < 0 ? line : line.slice(at + 3);
}

interface Statement {
  line: number;
  account: string;
  number: string | null;
  opening?: Mt940Balance;
  closing?: Mt940Balance;
  /** The closing balance is that of a page, and another page must follow. */
  page: boolean;
  sum: bigint;
}

function statementReader(file: string): {
  field(field: Field): SourceRecord[];
  end(line: number): SourceRecord[];
  /** `cut`: the last line has no line break. */
  finish(line: number, cut: boolean): SourceRecord[];
} {
  const off: Problem[] = [];
  const once = statementOnce(file);
  let statement: Statement | undefined;
  /** The page before, of a statement that goes on. */
  let before: Statement | undefined;
  let entry: { values: Mt940Entry; line: number } | undefined;
  let any = false;
  let number = 0;

  function take({ tag, lines, line }: Field): SourceRecord[] {
    const text = lines.join('');
    if (tag === '20') return [...close(line), ...begin(line)];
    if (!statement) throw new Mt940Defect(`the field :${tag}: comes before :20:, which begins a statement`);
    if (tag === '86') return entry ? finishEntry(textOf(lines)) : [];
    const done = finishEntry(null);
    if (tag === '25' || tag === '25P') {
      statement.account = lines[0]!.trim();
      if (statement.account === '') throw new Mt940Defect('the account :25: is empty');
    } else if (tag === '28C' || tag === '28') statement.number = text.trim() || null;
    else if (tag === '61') {
      if (!statement.opening) throw new Mt940Defect('an entry comes before the opening balance (:60F:)');
      if (statement.closing) throw new Mt940Defect('an entry comes after the closing balance (:62F:)');
      entry = { values: entryOf(lines), line };
    } else if (Object.hasOwn(BALANCES, tag)) return [...done, balance(tag, balanceOf(tag, text), line)];
    else if (!PASSED_OVER.has(tag)) throw new Mt940Defect(`there is no field :${tag}: in MT940`);
    return done;
  }

  function begin(line: number): SourceRecord[] {
    any = true;
    once.begin(line);
    statement = { line, account: '', number: null, page: false, sum: 0n };
    return [];
  }

  function balance(tag: string, given: Mt940Balance, line: number): SourceRecord {
    const of = statement!;
    if (of.account === '') throw new Mt940Defect('a balance comes before the account (:25:)');
    if (of.opening && given.currency !== of.opening.currency)
      throw new Mt940Defect(`the balance :${tag}: is in ${given.currency}, but the statement is in ${of.opening.currency}`);
    if (tag.startsWith('60')) {
      if (of.opening) throw new Mt940Defect('the statement has two opening balances');
      of.opening = given;
      if (tag === '60M' && before && before.account === of.account && before.closing!.amount !== given.amount)
        throw new Mt940Defect('the page does not open with the balance that the page before it closes with: a page is missing');
    } else if (tag.startsWith('62')) {
      if (!of.opening) throw new Mt940Defect('the closing balance comes before the opening one');
      if (of.closing) throw new Mt940Defect('the statement has two closing balances');
      of.closing = given;
      of.page = tag === '62M';
    }
    return record('balance', { kind: BALANCES[tag]!, balance: given.amount, date: given.date }, line);
  }

  function finishEntry(text: string | null): SourceRecord[] {
    if (!entry) return [];
    const { values, line } = entry;
    entry = undefined;
    const expected = values.mark.startsWith('E');
    if (!expected) statement!.sum += exactAmount(values.amount) ?? 0n;
    return [record(expected ? 'pending' : 'entry', { date: values.value_date, ...values, text }, line)];
  }

  function record(type: string, own: Values, line: number): SourceRecord {
    const { account, number: statementNumber, opening } = statement!;
    const from = opening ? `${opening.date} ${opening.amount}` : '';
    once.add([account, statementNumber, opening, own], type === 'entry');
    return {
      values: {
        account,
        currency: opening?.currency ?? null,
        statement: [statementNumber, from].filter(Boolean).join(' from '),
        statement_number: statementNumber,
        ...own,
      },
      number: ++number,
      line,
      type,
    };
  }

  function close(line: number): SourceRecord[] {
    if (!statement) return [];
    const done = finishEntry(null);
    const { account, opening, closing, sum } = statement;
    if (!closing || !opening) throw new Mt940Defect(`the statement that begins in line ${statement.line} has no closing balance (:62F:)`);
    const [begins, ends] = [exactAmount(opening.amount)!, exactAmount(closing.amount)!];
    const wrong = imbalance({ file, line }, { account, opening: begins, entries: sum, closing: ends, currency: opening.currency });
    if (wrong && off.length < MAX_PROBLEMS) off.push(wrong);
    once.end(account);
    before = statement.page ? statement : undefined;
    statement = undefined;
    return done;
  }

  function told<T>(line: number, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof Mt940Defect) throw structure(file, line, sentence(error.message));
      throw error;
    }
  }

  return {
    field: (field) => told(field.line, () => take(field)),
    end: (line) => told(line, () => close(line)),
    finish(line, cut) {
      if (!any)
        throw refuseFile(
          'FILE_EMPTY',
          file,
          {},
          'The file has no statement: nothing in it begins with :20:.',
          'Have the bank send it again.',
        );
      if (statement && !statement.closing)
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          { line },
          'The file ends within a statement, before its closing balance (:62F:): it was cut off.',
          'Have the bank send it again.',
        );
      // Behind the end of a message nothing is missing. A closing balance that was cut may still agree: 515, for 515,00.
      if (statement && cut)
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          { line },
          'The last line has no line break, and no end of the message (-) follows it: the file was probably cut off.',
          'Have it sent again. If the bank always ends its files this way, set final_newline: optional in the decoder (mt940) of the connector.',
        );
      const done = told(line, () => close(line));
      if (before)
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          { line },
          'The file ends with a page whose balance is carried over (:62M:), but the next page is missing.',
          'Have the bank send it again.',
        );
      if (off.length) throw new FileError(off);
      return done;
    },
  };
}

function sentence(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

function structure(file: string, line: number, message: string): FileError {
  return refuseFile(
    'MT940_STRUCTURE',
    file,
    { line },
    `${message}.`,
    'The file is damaged or not valid MT940: have the bank send it again, and compare it with its description.',
  );
}
