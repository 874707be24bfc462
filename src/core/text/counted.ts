/** `1 record`, `2,000 records`; `2 entries` where the plural is another word. */
export function counted(n: number, word: string, many = `${word}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? word : many}`;
}
