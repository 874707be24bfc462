import { refuseFile } from '../refuse.ts';

/** A BAI2 record with its continuations, before its fields are distinguished. */
export interface Bai2Record {
  code: string;
  /** The fields after the code. The last one is the whole text for 16, commas and slashes in it. */
  fields: string[];
  line: number;
  /** How many records of the file it is: itself and its continuations. */
  records: number;
  /** Its last line ended with a slash or a line break. */
  ended: boolean;
}

/** A record whose continuations may not all have come. */
interface Open {
  code: string;
  content: string;
  /** Of a 16. */
  search: TextSearch | undefined;
  line: number;
  records: number;
  last: Piece;
}

/** A line, or a part of one, that is one physical record. */
interface Piece {
  code: string;
  content: string;
  line: number;
  /** A slash ended it, so a continuation begins with a new field. */
  slash: boolean;
  full: number;
  ended: boolean;
}

const CODE = /^(01|02|03|16|49|88|98|99)(?=[,/]|$)/;
const FIRST_CODE_ON = /\/\s*(?=(?:01|02|03|16|49|88|98|99),)/g;
/** After a text, only what is a record to the end of the line counts as one: texts have slashes and numbers in them. */
const RECORD_AFTER_TEXT =
  /\/(?=(?:16,\d{3},[+-]?\d*,[012SVDZsvdz]?,.*|49,[+-]?\d*,\d+|98,[+-]?\d*,\d+,\d+|99,[+-]?\d*,\d+,\d+|03,[\w-]+,[A-Z]{0,3},.*)\/\s*$)/;

const LONGEST = 1_048_576;

/** Puts lines together to records. Throws FileError BAI2_STRUCTURE for a line that is not one. */
export function bai2Records(file: string): { line(text: string, line: number, terminated: boolean): Bai2Record[]; end(): Bai2Record[] } {
  let open: Open | undefined;
  /** The physical record length that the file header declares: a line this long was broken off mid-word. */
  let physical = 0;

  function add(piece: Piece, done: Bai2Record[]): void {
    if (piece.code !== '88') {
      if (open) done.push(closed());
      const { code, content, line } = piece;
      open = { code, content, search: code === '16' ? searched(BEGINNING, content) : undefined, line, records: 1, last: piece };
      if (piece.code === '01') physical = Number(piece.content.split(',')[5]) || 0;
      return;
    }
    if (!open)
      throw refuseFile(
        'BAI2_STRUCTURE',
        file,
        { line: piece.line },
        'There is a continuation (88) with nothing before it to continue.',
        'The beginning of the file is missing: have it sent again.',
      );
    const inText = open.search !== undefined && open.search.text >= 0;
    const more = (inText ? (joinsDirectly(open.last) ? '' : ' ') : separator(open.last)) + piece.content;
    open.content += more;
    if (open.search) open.search = searched(open.search, more);
    if (open.content.length > LONGEST)
      throw refuseFile(
        'RECORD_TOO_LARGE',
        file,
        { line: open.line },
        `The record that starts here is longer than ${LONGEST} characters with its continuations.`,
        'The file is damaged: have the bank send it again.',
      );
    open.records++;
    open.last = piece;
  }

  function joinsDirectly(piece: Piece): boolean {
    return (!piece.slash && physical > 0 && piece.full === physical) || piece.content === '' || piece.content.endsWith(' ');
  }

  function closed(): Bai2Record {
    const { code, content, search, line, records, last } = open!;
    const text = search?.text ?? -1;
    const fields = (text < 0 ? content : content.slice(0, Math.max(0, text - 1))).split(',').map((field) => field.trim());
    if (text >= 0) fields.push(content.slice(text).trim());
    return { code, fields, line, records, ended: last.ended };
  }

  return {
    line(text, line, terminated) {
      const done: Bai2Record[] = [];
      let rest = text.trimEnd();
      while (rest !== '') {
        const code = CODE.exec(rest)?.[1];
        if (!code && !terminated)
          throw refuseFile(
            'FILE_TRUNCATED',
            file,
            { line },
            'The file ends without a complete file trailer (99): it was cut off.',
            'Have the bank send it again.',
          );
        if (!code)
          throw refuseFile(
            'BAI2_STRUCTURE',
            file,
            { line },
            `The line begins with ${JSON.stringify(rest.slice(0, 12))}, which is not a BAI2 record (01, 02, 03, 16, 49, 88, 98, 99).`,
            'A line may have been broken in two, or this is another kind of file.',
          );
        const body = rest.slice(3);
        const cut = recordEnd(code, body);
        add({ code, content: body.slice(0, cut.end), line, slash: cut.slash, full: text.length, ended: cut.slash || terminated }, done);
        rest = body.slice(cut.next).trimStart();
      }
      return done;
    },
    end: () => (open ? [closed()] : []),
  };

  /** Where the record that begins a line ends within it. */
  function recordEnd(code: string, body: string): { end: number; next: number; slash: boolean } {
    const last = body.endsWith('/');
    const whole = { end: last ? body.length - 1 : body.length, next: body.length, slash: last };
    const before = code === '88' ? open?.search : undefined;
    const text = before
      ? before.text >= 0
        ? 0
        : searched(before, separator(open!.last) + body).text - before.length - separator(open!.last).length
      : code === '16'
        ? searched(BEGINNING, body).text
        : -1;
    if ((before || code === '16') && text >= 0) {
      const after = last ? RECORD_AFTER_TEXT.exec(body.slice(text)) : null;
      return after ? { end: text + after.index, next: text + after.index + 1, slash: true } : whole;
    }
    FIRST_CODE_ON.lastIndex = 0;
    const next = FIRST_CODE_ON.exec(body);
    return next ? { end: next.index, next: next.index + next[0].length, slash: true } : whole;
  }
}

/** A continuation begins with a new field where the line before it ended with a slash. */
function separator(last: Piece): string {
  return last.slash ? ',' : '';
}

/** How far the text of a 16 was looked for. What was looked at once is not looked at again, however many continuations follow. */
interface TextSearch {
  /** Where the text begins in what follows the code; -1: not in what was looked at. */
  text: number;
  /** Fields that have ended, and how many come before the text: the funds type says that. */
  fields: number;
  needed: number;
  /** The beginning of the field that has not ended. */
  field: string;
  /** Of what was looked at. */
  length: number;
}

const BEGINNING: TextSearch = { text: -1, fields: 0, needed: 5, field: '', length: 0 };

function searched(before: TextSearch, more: string): TextSearch {
  let { text, fields, needed, field } = before;
  let from = 0;
  while (text < 0) {
    const comma = more.indexOf(',', from);
    if (comma < 0) {
      field += more.slice(from);
      break;
    }
    const value = (field + more.slice(from, comma)).trim().toUpperCase();
    if (fields === 2) needed += value === 'S' ? 3 : value === 'V' ? 2 : value === 'D' ? 1 : 0;
    if (fields === 3 && needed === 6) needed += 2 * (/^\d{1,2}$/.test(value) ? Number(value) : 0);
    from = comma + 1;
    field = '';
    if (++fields === needed) text = before.length + from;
  }
  return { text, fields, needed, field, length: before.length + more.length };
}
