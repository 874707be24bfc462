import { crAlone, refuseFile } from '../refuse.ts';

export interface Lines {
  lines: string[];
  /** 1-based number of the first of them. */
  first: number;
  /** false: the last of them ended without a line break, and so does the file. */
  terminated: boolean;
}

/** Text to lists of lines, without their line breaks (LF or CRLF). Throws RECORD_TOO_LARGE for a line longer than `most` characters, LINE_ENDINGS_CR where CR alone ends them. */
export async function* textLines(text: AsyncIterable<string>, file: string, most: number): AsyncGenerator<Lines, void, void> {
  let rest = '';
  let first = 1;
  function checked(line: string, number: number): string {
    if (number === 1 && line.length > most + 1 && line.slice(0, most).includes('\r')) throw crAlone(file);
    if (line.length > most + 1)
      throw refuseFile(
        'RECORD_TOO_LARGE',
        file,
        { line: number },
        `The line is longer than ${most} characters.`,
        'The file is damaged or of another kind: have it sent again.',
      );
    return line;
  }
  const withoutCr = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);
  for await (const piece of text) {
    const end = piece.lastIndexOf('\n');
    if (end < 0) {
      rest += piece;
      checked(rest, first);
      continue;
    }
    const whole = (rest + piece.slice(0, end)).split('\n');
    rest = piece.slice(end + 1);
    yield { lines: whole.map((line, i) => withoutCr(checked(line, first + i))), first, terminated: true };
    first += whole.length;
  }
  if (first === 1 && rest.slice(0, -1).includes('\r')) throw crAlone(file);
  if (rest !== '') yield { lines: [withoutCr(rest)], first, terminated: false };
}
