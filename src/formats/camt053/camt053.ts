import type { Camt053Options } from '../../config/schema/connector.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import { camtStatement } from './statement.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { refuseFile } from '../refuse.ts';
import { setField } from '../set-field.ts';
import { decodeText } from '../text/decoding.ts';
import { xmlEncoding } from '../xml/encoding.ts';
import { xmlTokens } from '../xml/tokens.ts';

/**
 * Account statements in CAMT.053 (ISO 20022), source only. One record of type entry for each booked entry (Ntry), pending for one that
 * is not booked, balance for each balance (Bal). What an entry is made of (TxDtls), where the bank says it, is a list in its record.
 * Opening balance and booked entries must give the closing balance. Problems: CAMT_STRUCTURE, STATEMENT_UNBALANCED, XML_….
 */
export const camt053: Format<Camt053Options> = { name: 'camt053', decode: decodeCamt };

const MAX_DEPTH = 64;
const LARGEST = 4_194_304;
const PATH = ['Document', 'BkToCstmrStmt', 'Stmt'];

/** What CAMT.052 and 054 have instead of a statement. */
const OTHERS = new Set(['BkToCstmrAcctRpt', 'BkToCstmrDbtCdtNtfctn']);

interface Node {
  name: string;
  line: number;
  values: Values | undefined;
  text: string;
}

async function* decodeCamt(
  source: AsyncIterable<Uint8Array>,
  options: Camt053Options,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file } = context;
  const { encoding, bytes } = await xmlEncoding(source, options.encoding, file);
  const statement = camtStatement(options, file);
  let records: SourceRecord[] = [];
  /** The elements around the one that is read, down to the statement; then those of a part of it. */
  const path: string[] = [];
  const open: Node[] = [];
  let statements = 0;
  let start = 0;
  let startLine = 1;

  const tokens = xmlTokens(file, MAX_DEPTH, {
    limit: LARGEST,
    tooLarge,
    open(qualified, attributes, line) {
      const name = qualified.slice(qualified.indexOf(':') + 1);
      if (open.length === 0 && !isWithinStatement()) {
        path.push(name);
        if (OTHERS.has(name)) throw otherDocument(name, line());
        if (isWithinStatement()) {
          statements++;
          statement.begin(line());
        }
        return;
      }
      if (open.length === 0) {
        start = tokens.position();
        startLine = line();
      }
      const node: Node = { name, line: open.length === 0 ? startLine : 0, values: undefined, text: '' };
      for (const { name: attribute, value } of attributes)
        if (attribute !== 'xmlns' && !attribute.startsWith('xmlns:'))
          setField((node.values ??= {}), `@${attribute.slice(attribute.indexOf(':') + 1)}`, value);
      open.push(node);
    },
    text(text) {
      const node = open.at(-1);
      if (node) node.text += text;
    },
    close() {
      const node = open.pop();
      if (!node) {
        if (isWithinStatement()) statement.end();
        path.pop();
        return;
      }
      if (tokens.position() - start > LARGEST) tooLarge(startLine);
      const value = valueOf(node);
      const parent = open.at(-1);
      if (parent) addTo(parent, node.name, value);
      else for (const record of statement.part(node.name, value, node.line)) records.push(record);
    },
  });

  function isWithinStatement(): boolean {
    // A document may be in an envelope.
    return path.length >= PATH.length && PATH.every((name, i) => name === path[path.length - PATH.length + i]);
  }

  function otherDocument(name: string, line: number): Error {
    return refuseFile(
      'CAMT_STRUCTURE',
      file,
      { line },
      `The document has <${name}>, which is not in CAMT.053: a statement has <BkToCstmrStmt>.`,
      'Have the bank send statements (camt.053); reports of the day (052) and notices (054) are other documents.',
    );
  }

  function tooLarge(line: number): never {
    throw refuseFile(
      'XML_ROW_TOO_LARGE',
      file,
      { line },
      `The part of the statement that starts here is larger than ${LARGEST} bytes.`,
      'The file is damaged: have the bank send it again.',
    );
  }

  for await (const text of decodeText(bytes, encoding, context)) {
    tokens.push(text);
    if (open.length > 0 && tokens.position() - start > LARGEST) tooLarge(startLine);
    if (records.length < RECORDS_AT_ONCE) continue;
    yield records;
    records = [];
  }
  tokens.end();
  if (statements === 0)
    throw refuseFile(
      'CAMT_STRUCTURE',
      file,
      {},
      'The file has no statement (Document, BkToCstmrStmt, Stmt).',
      'This is another kind of file: have the bank send statements (camt.053).',
    );
  statement.finish();
  if (records.length) yield records;
}

function addTo(parent: Node, name: string, value: Value): void {
  parent.values ??= {};
  const before = Object.hasOwn(parent.values, name) ? parent.values[name] : undefined;
  if (before === undefined) setField(parent.values, name, value);
  else if (Array.isArray(before)) before.push(value);
  else setField(parent.values, name, [before, value]);
}

/** An element with text only is that text; one with attributes or elements a group, its text under `text`. */
function valueOf({ values, text }: Node): Value {
  const own = text.trim();
  if (values === undefined) return own === '' ? null : own;
  if (own !== '') values['text'] = own;
  return values;
}
