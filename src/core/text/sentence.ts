/** A text that another sentence follows: with a period where it ends without a mark, as the words of another system may. */
export function asSentence(text: string): string {
  return text === '' || /[.!?:;…]["')\]”’]?$/u.test(text) ? text : `${text}.`;
}
