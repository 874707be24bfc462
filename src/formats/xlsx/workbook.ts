import { didYouMean } from '../../core/errors.ts';
import { nameList, shortName } from '../../core/text/name-list.ts';
import { refuseFile } from '../refuse.ts';
import type { CellContext } from './cell.ts';
import { builtInFormat, formatOfCode, type NumberFormat } from './number-format.ts';
import { malformed, type Parts } from './parts.ts';

export interface Sheet {
  name: string;
  hidden: boolean;
  /** undefined: a chart. */
  part: string | undefined;
}

export interface Workbook extends CellContext {
  sheets: Sheet[];
  /** The part with the formats. */
  styles: string | undefined;
}

/** All shared texts are kept while a sheet is read, at most so many characters. */
const MAX_TEXT = 134_217_728;

/** What all sheets share: their list, the texts, the formats. Throws FileError XLSX_MALFORMED, UNPACKED_TOO_LARGE. */
export async function readWorkbook(parts: Parts, file: string): Promise<Workbook> {
  const main = [...(await parts.relations('')).values()].find(({ kind }) => kind === 'officeDocument')?.part;
  if (main === undefined) throw malformed(file, 'it does not say where its sheets are');
  const relations = await parts.relations(main);
  const partOf = (kind: string): string | undefined => [...relations.values()].find((r) => r.kind === kind)?.part;
  let date1904 = false;
  const sheets: Sheet[] = [];
  await whole(parts, main, {
    open(name, attribute) {
      if (name === 'workbookPr') date1904 = ['1', 'true'].includes(attribute('date1904') ?? '');
      if (name !== 'sheet') return;
      const target = relations.get(attribute('id') ?? '');
      sheets.push({
        name: attribute('name') ?? '',
        hidden: ['hidden', 'veryHidden'].includes(attribute('state') ?? ''),
        part: target?.kind === 'worksheet' ? target.part : undefined,
      });
    },
  });
  // A part that is referred to must be there: without its formats a workbook would read as other values.
  const [styles, strings] = [partOf('styles'), partOf('sharedStrings')];
  return {
    sheets,
    styles,
    date1904,
    formats: styles !== undefined ? await readFormats(parts, styles) : [],
    strings: strings !== undefined ? await readStrings(parts, strings, file) : [],
  };
}

/** The sheet of a name, or of a number among those that are shown, from 1. Throws FileError XLSX_SHEET_MISSING, XLSX_SHEET_TWICE. */
export function sheetOf({ sheets }: Pick<Workbook, 'sheets'>, wanted: string | number, file: string): Sheet & { part: string } {
  const shown = sheets.filter((sheet) => !sheet.hidden);
  const sheet = typeof wanted === 'number' ? shown[wanted - 1] : sheets.find(({ name }) => name === wanted);
  // No spreadsheet program writes two of one name, but others do: the records of the second would be lost without a word.
  if (typeof wanted === 'string' && sheets.filter(({ name }) => name === wanted).length > 1)
    throw refuseFile(
      'XLSX_SHEET_TWICE',
      file,
      {},
      `The workbook has more than one sheet ${JSON.stringify(wanted)}, and it is not known which one is meant.`,
      'Have the workbook exported again with a name of its own for each sheet, or set sheet in the decoder to the number of the one that is meant.',
    );
  if (sheet?.part !== undefined) return { ...sheet, part: sheet.part };
  const names = nameList(sheets.map(({ name, hidden }) => (hidden ? `${shortName(name)} (hidden)` : name)));
  const meant =
    typeof wanted === 'string'
      ? didYouMean(
          wanted,
          sheets.map(({ name }) => name),
        )
      : undefined;
  throw refuseFile(
    'XLSX_SHEET_MISSING',
    file,
    {},
    sheet
      ? `The sheet ${JSON.stringify(sheet.name)} is a chart, which has no rows.`
      : `The workbook has no sheet ${typeof wanted === 'number' ? `number ${wanted}` : JSON.stringify(wanted)}. It has: ${names || 'none'}.${meant ? ` Did you mean ${JSON.stringify(meant)}?` : ''}`,
    'If the sheet was renamed, change sheet in the decoder of the connector; otherwise have the right workbook sent.',
  );
}

async function readFormats(parts: Parts, part: string): Promise<NumberFormat[]> {
  const codes = new Map<number, NumberFormat>();
  const formats: NumberFormat[] = [];
  let inCells = false;
  await whole(parts, part, {
    open(name, attribute) {
      if (name === 'cellXfs') inCells = true;
      else if (name === 'numFmt') codes.set(Number(attribute('numFmtId')), formatOfCode(attribute('formatCode') ?? ''));
      else if (name === 'xf' && inCells) {
        const id = Number(attribute('numFmtId') ?? 0);
        formats.push(codes.get(id) ?? builtInFormat(id));
      }
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return formats;
}

async function readStrings(parts: Parts, part: string, file: string): Promise<string[]> {
  const strings: string[] = [];
  const text = textReader();
  let size = 0;
  await whole(parts, part, {
    open: (name) => text.open(name),
    text: (piece) => text.text(piece),
    close(name) {
      text.close(name);
      if (name !== 'si') return;
      const string = text.take();
      if ((size += string.length) > MAX_TEXT)
        throw refuseFile(
          'UNPACKED_TOO_LARGE',
          file,
          {},
          `The workbook has more than ${MAX_TEXT} characters of text, more than can be kept in memory.`,
          'Have it sent as CSV, or in several workbooks.',
        );
      strings.push(string);
    },
  });
  return strings;
}

/** Collects the text of a shared or inline string: its runs joined, without their formats and without how they are pronounced. */
export function textReader(): { open(name: string): void; text(piece: string): void; close(name: string): void; take(): string } {
  let pieces = '';
  let inText = false;
  let spoken = 0;
  return {
    open(name) {
      if (name === 'rPh') spoken++;
      else if (name === 't') inText = spoken === 0;
    },
    text(piece) {
      if (inText) pieces += piece;
    },
    close(name) {
      if (name === 'rPh') spoken--;
      else if (name === 't') inText = false;
    },
    take() {
      const taken = unescaped(pieces);
      pieces = '';
      return taken;
    },
  };
}

/** `_x000D_` is a character that XML or Excel cannot write plainly (ECMA-376, 22.9.2.19). */
export function unescaped(text: string): string {
  return text.includes('_x') ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))) : text;
}

async function whole(parts: Parts, part: string, see: Parameters<Parts['read']>[1]): Promise<void> {
  for await (const _ of parts.read(part, see, () => undefined));
}
