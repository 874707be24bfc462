import { EBCDIC, isEbcdic } from '../../formats/text/ebcdic.ts';

/** What people hand over by mistake, known by its first bytes. In Latin-1. */
const BEGINNINGS: readonly [begins: RegExp, what: string, hint: string][] = [
  [
    /^(?:ISA([^\w\s])[^\r\n]{120}|(?:UNA[^\r\n]{6})?UNB\+[^\r\n]{80})/,
    'EDI (X12 or EDIFACT), whose segments do not stand on lines of their own: nothing can be proposed for it',
    'Ask for the same data as CSV, XML or JSON. X12 is read where the connector lists its segments: "Segments" in docs/vendor-guide.md.',
  ],
  [/^%PDF-/, 'a PDF', 'A PDF cannot be read as data: ask the vendor for the same report as CSV, Excel or a text file.'],
  [
    /^\u00d0\u00cf\u0011\u00e0/,
    'an old Office file (.xls, .doc, .msg)',
    'Open a workbook in Excel and save it as .xlsx or CSV; ask the vendor for that from now on.',
  ],
  [/^\{\\rtf/, 'a text with formats (RTF)', 'Ask the vendor for the same report as CSV, Excel or a text file.'],
  [/^(?:\u0089PNG|GIF8|\u00ff\u00d8\u00ff|II\*\0|MM\0\*)/, 'an image', 'Ask the vendor for the data as CSV, Excel or a text file.'],
  [/^SQLite format 3\0/, 'a database file (SQLite)', 'Export its tables as CSV.'],
  [/^(?:PAR1|Obj\u0001)/, 'Parquet or Avro', 'These are not read: ask for CSV, JSON or XML.'],
  [/^(?:7z\u00bc\u00af|Rar!|BZh)/, 'an archive of a kind that is not unpacked here', 'Unpack it, and ask for gzip or ZIP from now on.'],
  [/^(?:MZ|\u007fELF)/, 'a program', 'Give a file that the system exports.'],
  [
    /^\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype\s+html|html[\s>])/i,
    'a web page (HTML)',
    'Look at it in a browser: it may be a login page or an error instead of the export. If the data is only in a web page, ask the vendor for CSV.',
  ],
  [
    /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:[\w.-]+:)?definitions\s[^>]*http:\/\/schemas\.xmlsoap\.org\/wsdl\//,
    'a WSDL: it describes a SOAP service and has no records in it',
    'Use interlocal discover --wsdl FILE, or interlocal new connector ID --transport soap --sample FILE.',
  ],
  [
    /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:[\w.-]+:)?schema\s[^>]*http:\/\/www\.w3\.org\/2001\/XMLSchema/,
    'an XML schema: it describes files and has no records in it',
    'Give a file that it describes.',
  ],
  [
    /^\s*\{[^{}[\]]{0,200}"(?:openapi|swagger)"\s*:\s*"\d/,
    'an OpenAPI description: it says what can be requested, and has no records in it',
    'Give an answer of one of its paths, or let interlocal discover CONNECTION --path /permits ask for one.',
  ],
];

/** What a sample is that no decoder reads, in words that tell what to do; undefined: it may be one. */
export function mistakenFor(bytes: Buffer): { message: string; hint: string } | undefined {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return undefined;
  const beginning = bytes
    .subarray(0, 4000)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '');
  const found = BEGINNINGS.find(([begins]) => begins.test(beginning));
  if (found) return { message: `This is ${found[1]}.`, hint: found[2] };
  if (isEbcdic(bytes)) return { message: `This is ${EBCDIC.what}.`, hint: EBCDIC.hint };
  // Every second byte: UTF-16 without a mark. Otherwise a program's own format.
  const zeros = bytes.subarray(0, 4000).reduce((n, byte) => n + Number(byte === 0), 0);
  if (zeros === 0 || zeros < Math.min(bytes.length, 4000) / 50) return undefined;
  return zeros > Math.min(bytes.length, 4000) / 3
    ? {
        message: 'Every second byte of it is zero: this is UTF-16 without a byte order mark.',
        hint: 'Ask for UTF-8, or for a byte order mark.',
      }
    : { message: 'This is not text: it contains zero bytes.', hint: 'Ask the vendor for the data as CSV, XML, JSON or a text file.' };
}
