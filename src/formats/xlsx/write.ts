import { zipOf } from '../unpack/pack-zip.ts';
import { columnLetters, type RawCell } from './cell.ts';
import type { RawRow } from './sheet.ts';

export interface WrittenSheet {
  name: string;
  hidden?: boolean;
  rows: Iterable<RawRow>;
  /** Areas such as A1:B2. */
  merged?: readonly string[];
}

export interface WrittenWorkbook {
  sheets: readonly WrittenSheet[];
  /** The part with the formats, to which the styles of cells refer. Default: `stylesOf` no formats. */
  styles?: string;
  /** Texts that cells of type `s` refer to. */
  strings?: readonly string[];
  date1904?: boolean;
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** A workbook cell by cell as it is in the file; the same bytes for the same cells. For recordings and what is made of them. */
export function workbookOf({ sheets, styles = stylesOf([]), strings, date1904 }: WrittenWorkbook): Buffer {
  const parts = sheets.map((_, i) => `worksheets/sheet${i + 1}.xml`);
  const others = [['styles', 'styles.xml', styles] as const];
  const texts =
    strings &&
    `${XML}<sst ${MAIN} uniqueCount="${strings.length}">${strings.map((text) => `<si><t xml:space="preserve">${escaped(text)}</t></si>`).join('')}</sst>`;
  const all: [kind: string, part: string, content: string][] = [
    ...sheets.map((sheet, i): [string, string, string] => ['worksheet', parts[i]!, sheetXml(sheet)]),
    ...others.map(([kind, part, content]): [string, string, string] => [kind, part, content]),
    ...(texts === undefined ? [] : [['sharedStrings', 'sharedStrings.xml', texts] as [string, string, string]]),
  ];
  const files: [string, string][] = [
    [
      '[Content_Types].xml',
      `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>${all.map(([kind, part]) => `<Override PartName="/xl/${part}" ContentType="${TYPE}.${kind}+xml"/>`).join('')}</Types>`,
    ],
    ['_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']])],
    [
      'xl/workbook.xml',
      `<workbook ${MAIN} xmlns:r="${OFFICE}"><workbookPr${date1904 ? ' date1904="1"' : ''}/><sheets>${sheets
        .map(
          ({ name, hidden }, i) =>
            `<sheet name="${escaped(name)}" sheetId="${i + 1}"${hidden ? ' state="hidden"' : ''} r:id="rId${i + 1}"/>`,
        )
        .join('')}</sheets></workbook>`,
    ],
    ['xl/_rels/workbook.xml.rels', relations(all.map(([kind, part]) => [kind, part]))],
    ...all.map(([, part, content]): [string, string] => [`xl/${part}`, content]),
  ];
  return zipOf(files.map(([name, content]) => ({ name, bytes: Buffer.from(content.startsWith('<?xml') ? content : XML + content) })));
}

/** The part with formats; a cell of style n has the n-th of these codes, from 1. */
export function stylesOf(codes: readonly string[]): string {
  const formats = codes.map((code, i) => `<numFmt numFmtId="${164 + i}" formatCode="${escaped(code)}"/>`).join('');
  const styles = codes
    .map((_, i) => `<xf numFmtId="${164 + i}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`)
    .join('');
  return `${XML}<styleSheet ${MAIN}>${codes.length ? `<numFmts count="${codes.length}">${formats}</numFmts>` : ''}<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="${codes.length + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>${styles}</cellXfs></styleSheet>`;
}

function sheetXml({ rows, merged = [] }: WrittenSheet): string {
  const parts = [`${XML}<worksheet ${MAIN}><sheetData>`];
  for (const { number, cells } of rows) parts.push(`<row r="${number}">${cells.map((cell) => cellXml(cell, number)).join('')}</row>`);
  parts.push('</sheetData>');
  if (merged.length)
    parts.push(`<mergeCells count="${merged.length}">${merged.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`);
  parts.push('</worksheet>');
  return parts.join('');
}

function cellXml({ column, style, type, value, formula }: RawCell, row: number): string {
  const about = `r="${columnLetters(column)}${row}"${style ? ` s="${style}"` : ''}${type === 'n' ? '' : ` t="${type}"`}`;
  const calculated = formula ? '<f>A1</f>' : '';
  if (value === undefined) return calculated ? `<c ${about}>${calculated}</c>` : `<c ${about}/>`;
  if (type === 'inlineStr') return `<c ${about}><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
  return `<c ${about}>${calculated}<v>${escaped(value)}</v></c>`;
}

/** What XML cannot hold is written as _xHHHH_, and so is what would be taken for that. */
function escaped(text: string): string {
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[\0-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]/g, (c) => `_x${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function relations(list: readonly (readonly [kind: string, target: string])[]): string {
  return `<Relationships xmlns="${PACKAGE}/relationships">${list.map(([kind, target], i) => `<Relationship Id="rId${i + 1}" Type="${OFFICE}/${kind}" Target="${target}"/>`).join('')}</Relationships>`;
}
