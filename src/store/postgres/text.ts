/**
 * PostgreSQL's text has no character U+0000, and sources have it. It is stored as the noncharacter U+FDD0, which no text may contain by the
 * rules of Unicode; where one does anyway, it is stored twice over, so everything comes back as it was.
 */
const MARK = '\ufdd0';
const SPECIAL = /[\0\ufdd0]/;

/** A text as it is stored. */
export function toStored(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(MARK, `${MARK}1`).replaceAll('\0', `${MARK}0`) : text;
}

/** A stored text as it was. */
export function fromStored(text: string): string {
  return text.includes(MARK) ? text.replaceAll(`${MARK}0`, '\0').replaceAll(`${MARK}1`, MARK) : text;
}
