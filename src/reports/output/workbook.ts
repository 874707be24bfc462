import { Readable } from 'node:stream';
import { minorDigits, plainMoney } from '../../core/money.ts';
import { visible } from '../../core/text/visible.ts';

/** A cell: text, a count, or an amount in minor units, which is a number with the decimals of its currency. */
export type WorkbookCell = string | number | { minor: number; currency: string };

export interface WorkbookSheet {
  name: string;
  columns: readonly (readonly [header: string, width: number])[];
  rows: Iterable<readonly WorkbookCell[]>;
}

/** Excel's own limits. */
const MAX_ROWS = 1_048_576;
const MAX_TEXT_LENGTH = 32_767;
/** About so many characters are made at a time; in between others get their turn. */
const CHUNK = 64 * 1024;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** Cell formats: as it is, the header, then amounts by the number of their decimals. */
const BOLD = 1;
const AMOUNTS = 2;
const MAX_DECIMALS = 4;

/**
 * An Excel workbook as a stream (ECMA-376, transitional), made while it is read, so its size costs no memory. Each sheet has a bold,
 * frozen header with a filter; one with more rows than Excel takes goes on in another. Amounts are written as exact decimal text.
 */
export async function workbookStream(title: string, sheets: readonly WorkbookSheet[]): Promise<Readable> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const mtime = new Date(2000, 0, 1);
  const text = (name: string, content: string): void => zip.addBuffer(Buffer.from(content), name, { mtime });
  // How many sheets there are is known only when their rows are written, so what lists them comes last.
  const written: { name: string; columns: number }[] = [];
  const parts = (async function* () {
    for (const sheet of sheets) yield* partsOf(sheet);
  })();
  const addNext = async (): Promise<void> => {
    const { value: part, done } = await parts.next();
    if (!done) {
      written.push({ name: part.name, columns: part.columns });
      const stream = Readable.from(part.xml);
      stream.once('close', () => void addNext().catch((error: Error) => zip.outputStream.emit('error', error)));
      stream.once('error', (error: Error) => zip.outputStream.emit('error', error));
      return void zip.addReadStream(stream, `xl/worksheets/sheet${written.length}.xml`, { mtime });
    }
    text('xl/workbook.xml', workbookXml(written));
    text(
      'xl/_rels/workbook.xml.rels',
      relations([...written.map((_, i) => ['worksheet', `worksheets/sheet${i + 1}.xml`] as const), ['styles', 'styles.xml']]),
    );
    text('xl/styles.xml', stylesXml());
    text('docProps/core.xml', coreXml(title));
    text(
      '_rels/.rels',
      relations([
        ['officeDocument', 'xl/workbook.xml'],
        ['core', 'docProps/core.xml'],
      ]),
    );
    text('[Content_Types].xml', typesXml(written.length));
    zip.end();
  };
  await addNext();
  return zip.outputStream as Readable;
}

interface SheetPart {
  name: string;
  columns: number;
  xml: Iterable<string>;
}

function* partsOf({ name, columns, rows }: WorkbookSheet): Generator<SheetPart> {
  const iterator = rows[Symbol.iterator]();
  let next = iterator.next();
  for (let number = 1; number === 1 || !next.done; number++)
    yield { name: number === 1 ? name : `${name} ${number}`, columns: columns.length, xml: sheetXml() };

  function* sheetXml(): Generator<string> {
    const last = letter(columns.length);
    let xml = `${XML}<worksheet ${MAIN}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${columns
      .map(([, width], i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`)
      .join('')}</cols><sheetData>${rowXml(
      1,
      columns.map(([header]) => header),
      BOLD,
    )}`;
    let count = 1;
    for (; !next.done && count < MAX_ROWS; next = iterator.next()) {
      xml += rowXml(++count, next.value, 0);
      if (xml.length < CHUNK) continue;
      yield xml;
      xml = '';
    }
    yield `${xml}</sheetData><autoFilter ref="A1:${last}${count}"/></worksheet>`;
  }
}

function rowXml(number: number, cells: readonly WorkbookCell[], style: number): string {
  let xml = `<row r="${number}">`;
  for (let i = 0; i < cells.length; i++) xml += cellXml(`${letter(i + 1)}${number}`, cells[i]!, style);
  return `${xml}</row>`;
}

function cellXml(at: string, cell: WorkbookCell, style: number): string {
  if (typeof cell === 'string')
    return `<c r="${at}" t="inlineStr"${style ? ` s="${style}"` : ''}><is><t xml:space="preserve">${escaped(shortened(cell))}</t></is></c>`;
  if (typeof cell === 'number') return `<c r="${at}"><v>${cell}</v></c>`;
  return `<c r="${at}" s="${AMOUNTS + minorDigits(cell.currency)}"><v>${plainMoney(cell.minor, cell.currency)}</v></c>`;
}

function shortened(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH - 1)}…` : text;
}

/** `A` for 1, `AA` for 27. */
function letter(column: number): string {
  return column <= 26 ? String.fromCharCode(64 + column) : letter(Math.floor((column - 1) / 26)) + letter(((column - 1) % 26) + 1);
}

/** Control characters are no XML at all; they are written out. */
function escaped(text: string): string {
  return visible(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}

function workbookXml(sheets: readonly { name: string; columns: number }[]): string {
  const list = sheets.map(({ name }, i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join('');
  return `${XML}<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets>${list}</sheets></workbook>`;
}

function relations(list: readonly (readonly [kind: string, target: string])[]): string {
  const type = (kind: string): string => (kind === 'core' ? `${PACKAGE}/relationships/metadata/core-properties` : `${OFFICE}/${kind}`);
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${list
    .map(([kind, target], i) => `<Relationship Id="rId${i + 1}" Type="${type(kind)}" Target="${target}"/>`)
    .join('')}</Relationships>`;
}

function stylesXml(): string {
  const formats = Array.from({ length: MAX_DECIMALS + 1 }, (_, digits) => `#,##0${digits ? `.${'0'.repeat(digits)}` : ''}`);
  const amounts = formats.map(
    (_, digits) => `<xf numFmtId="${164 + digits}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
  );
  return `${XML}<styleSheet ${MAIN}><numFmts count="${formats.length}">${formats
    .map((code, digits) => `<numFmt numFmtId="${164 + digits}" formatCode="${code}"/>`)
    .join(
      '',
    )}</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${amounts.length + 2}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>${amounts.join('')}</cellXfs></styleSheet>`;
}

function coreXml(title: string): string {
  return `${XML}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Interlocal</dc:creator><dc:title>${escaped(title)}</dc:title></cp:coreProperties>`;
}

function typesXml(sheets: number): string {
  const override = (part: string, type: string): string => `<Override PartName="/${part}" ContentType="${type}"/>`;
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('xl/workbook.xml', `${TYPE}.sheet.main+xml`)}${override('xl/styles.xml', `${TYPE}.styles+xml`)}${override('docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml')}${Array.from({ length: sheets }, (_, i) => override(`xl/worksheets/sheet${i + 1}.xml`, `${TYPE}.worksheet+xml`)).join('')}</Types>`;
}
