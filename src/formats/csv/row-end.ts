/**
 * Text whose rows end in a character of their own, as the segments of X12 do, as lines. Line breaks mean nothing there: senders put them
 * behind each segment, or wrap at 80 characters.
 */
export async function* rowsAsLines(text: AsyncIterable<string>, end: string): AsyncGenerator<string, void, void> {
  for await (const piece of text) yield piece.replace(/[\r\n]/g, '').replaceAll(end, '\n');
}
