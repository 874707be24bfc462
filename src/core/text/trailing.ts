/** The text without this character at its end, however often it is there: `12.500` without `0` is `12.5`. */
export function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end--;
  return text.slice(0, end);
}
