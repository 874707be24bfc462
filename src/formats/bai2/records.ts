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
  let open: { code: string; content: string; line: number; records: number; last: Piece } | undefined;
  /** The physical record length that the file header declares: a line this long was broken off mid-word. */
  let physical = 0;

  function add(piece: Piece, done: Bai2Record[]): void {
    if (piece.code !== '88') {
      if (open) done.push(closed());
      open = { code: piece.code, content: piece.content, line: piece.line, records: 1, last: piece };
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
    const inText = open.code === '16' && textAt(open.content) >= 0;
    if (inText) open.content += (joinsDirectly(open.last) ? '' : ' ') + piece.content;
    else open.content += (open.last.slash ? ',' : '') + piece.content;
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
    const { code, content, line, records, last } = open!;
    const text = code === '16' ? textAt(content) : -1;
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
    const continues = code === '88' && open?.code === '16';
    const text = continues
      ? textAt(open!.content) >= 0
        ? 0
        : textAt(open!.content + (open!.last.slash ? ',' : '') + body) - open!.content.length - (open!.last.slash ? 1 : 0)
      : code === '16'
        ? textAt(body)
        : -1;
    if ((continues || code === '16') && text >= 0) {
      const after = last ? RECORD_AFTER_TEXT.exec(body.slice(text)) : null;
      return after ? { end: text + after.index, next: text + after.index + 1, slash: true } : whole;
    }
    FIRST_CODE_ON.lastIndex = 0;
    const next = FIRST_CODE_ON.exec(body);
    return next ? { end: next.index, next: next.index + next[0].length, slash: true } : whole;
  }
}

/** Where the text of a 16 begins in what follows its code; -1 when it has not begun. The funds type says how many fields come before it. */
function textAt(content: string): number {
  let at = 0;
  let needed = 5;
  for (let index = 0; index < needed; index++) {
    const comma = content.indexOf(',', at);
    if (comma < 0) return -1;
    const field = content.slice(at, comma).trim().toUpperCase();
    if (index === 2) needed += field === 'S' ? 3 : field === 'V' ? 2 : field === 'D' ? 1 : 0;
    if (index === 3 && needed === 6) needed += 2 * (/^\d{1,2}$/.test(field) ? Number(field) : 0);
    at = comma + 1;
  }
  return at;
}
