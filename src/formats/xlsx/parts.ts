import { refuseFile } from '../refuse.ts';
import { decodeText } from '../text/decoding.ts';
import { openArchive, type ArchiveEntry } from '../unpack/zip.ts';
import { packedBytes } from '../unpack/unpack.ts';
import { xmlEncoding } from '../xml/encoding.ts';
import { xmlTokens, type XmlHandlers } from '../xml/tokens.ts';

/** The parts of a workbook, which is an archive of XML files. */
export interface Parts {
  /**
   * Reads one part from its beginning to its end: `see` is told of its tags and texts as they come; after each piece of text `step` is
   * called, and what it gives is passed on.
   */
  read<T>(name: string, see: PartHandlers, step: () => T | undefined): AsyncGenerator<T, void, void>;
  /** A part as it stands, in UTF-8. */
  text(name: string): Promise<string>;
  /** Parts that another part refers to: by id, with the last word of what it is (`worksheet`) and its name. */
  relations(of: string): Promise<Map<string, { kind: string; part: string }>>;
}

/** Names come without their prefixes. */
export interface PartHandlers {
  open(name: string, attribute: (name: string) => string | undefined): void;
  text?(text: string): void;
  close?(name: string): void;
}

interface Sizes {
  /** Most bytes that may come out of all parts that are read. */
  max_unpacked_bytes: number;
}

/** A part compresses less than 40 times even where it holds little but empty cells. */
const MAX_RATIO = 200;
/** A cell has at most 32,767 characters. */
const MAX_TEXT_LENGTH = 1_048_576;
const DEEPEST = 64;

/** Throws FileError: XLSX_NOT_A_WORKBOOK with what it is instead, FILE_TRUNCATED, FILE_CORRUPT; while reading also XML_ENTITY, XLSX_MALFORMED. */
export async function openParts(bytes: Buffer, sizes: Sizes, file: string, signal?: AbortSignal): Promise<Parts> {
  const entries = await openArchive(packedBytes(bytes), file, signal);
  const byName = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
  checkKind(byName, file);
  let left = sizes.max_unpacked_bytes;

  async function* content(entry: ArchiveEntry): AsyncGenerator<Uint8Array, void, void> {
    const limits = { max_size: left, max_ratio: MAX_RATIO, raise: 'max_unpacked_bytes of the decoder' };
    for await (const piece of entry.read(limits)) {
      left -= piece.length;
      yield piece;
    }
  }

  function partOf(name: string): ArchiveEntry {
    const entry = byName.get(name.toLowerCase());
    if (!entry) throw malformed(file, `its part ${name} is missing`);
    return entry;
  }

  async function* textOf(name: string): AsyncGenerator<string, void, void> {
    const here = `${file} › ${name}`;
    const { encoding, bytes: xml } = await xmlEncoding(content(partOf(name)), 'declared', here);
    yield* decodeText(xml, encoding, { file: here, saidBy: 'its XML declaration', signal });
  }

  async function* read<T>(name: string, see: PartHandlers, step: () => T | undefined): AsyncGenerator<T, void, void> {
    const here = `${file} › ${name}`;
    const handlers: XmlHandlers = {
      open: (tag, attributes) =>
        see.open(local(tag), (wanted) => attributes.find((a) => a.name === wanted || local(a.name) === wanted)?.value),
      text: (text) => see.text?.(text),
      close: (tag) => see.close?.(local(tag)),
      limit: MAX_TEXT_LENGTH,
      tooLarge: () => {
        throw malformed(file, `its part ${name} has a text that is longer than any cell`);
      },
    };
    const tokens = xmlTokens(here, DEEPEST, handlers);
    for await (const text of textOf(name)) {
      tokens.push(text);
      const made = step();
      if (made !== undefined) yield made;
    }
    tokens.end();
    const made = step();
    if (made !== undefined) yield made;
  }

  return {
    read,
    async text(name) {
      let text = '';
      for await (const piece of textOf(name)) text += piece;
      return text;
    },
    async relations(of) {
      const at = of.lastIndexOf('/') + 1;
      const folder = of.slice(0, at);
      const found = new Map<string, { kind: string; part: string }>();
      const name = `${folder}_rels/${of.slice(at)}.rels`;
      const open: PartHandlers['open'] = (tag, attribute) => {
        const [id, type, target] = ['Id', 'Type', 'Target'].map(attribute);
        if (tag !== 'Relationship' || !id || !type || !target || attribute('TargetMode') === 'External') return;
        found.set(id, { kind: type.slice(type.lastIndexOf('/') + 1), part: resolved(folder, target) });
      };
      if (byName.has(name.toLowerCase())) for await (const _ of read(name, { open }, () => undefined));
      return found;
    },
  };
}

/** Other files that are archives too, or are called a workbook. */
function checkKind(entries: ReadonlyMap<string, ArchiveEntry>, file: string): void {
  if (entries.has('_rels/.rels') && entries.has('[content_types].xml') && !entries.has('xl/workbook.bin')) return;
  const what = entries.has('xl/workbook.bin')
    ? 'a binary workbook (.xlsb)'
    : entries.has('content.xml') && entries.has('mimetype')
      ? 'an OpenDocument file (.ods)'
      : 'a ZIP archive without a workbook in its first level';
  throw notAWorkbook(
    file,
    what,
    entries.size && what.startsWith('a ZIP') ? 'If it contains a workbook, add zip to unpack in the connector.' : undefined,
  );
}

export function notAWorkbook(file: string, what: string, hint = 'Have it saved as an Excel workbook (.xlsx).'): Error {
  return refuseFile('XLSX_NOT_A_WORKBOOK', file, {}, `The file is not an Excel workbook (.xlsx) but ${what}.`, hint);
}

export function malformed(file: string, how: string, line?: number): Error {
  return refuseFile(
    'XLSX_MALFORMED',
    file,
    line === undefined ? {} : { line },
    `The workbook is damaged or not written as Excel does: ${how}.`,
    'Open it in a spreadsheet program, save it, and have it sent again.',
  );
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** A target relative to the folder of the part that refers to it, or from the root with a / before it. */
function resolved(folder: string, target: string): string {
  const parts = target.startsWith('/') ? [] : folder.split('/').filter(Boolean);
  for (const part of target.split('/').filter(Boolean)) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
