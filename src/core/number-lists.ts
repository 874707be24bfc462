/** Lists of numbers one behind the other: list i is from start[i] to start[i + 1]. They go to another thread without being copied. */
export interface NumberLists {
  start: Int32Array<ArrayBuffer>;
  numbers: Float64Array<ArrayBuffer>;
}

/** Lists that are given, as one. */
export function numberLists(lists: readonly (readonly number[])[]): NumberLists {
  const start = new Int32Array(lists.length + 1);
  for (let i = 0; i < lists.length; i++) start[i + 1] = start[i]! + lists[i]!.length;
  const numbers = new Float64Array(start[lists.length]!);
  let at = 0;
  for (const list of lists) for (let i = 0; i < list.length; i++) numbers[at++] = list[i]!;
  return { start, numbers };
}

/** One of the lists. With a loop: Array.from takes several times as long for a few numbers. */
export function listAt({ start, numbers }: NumberLists, at: number): number[] {
  const list: number[] = [];
  for (let i = start[at]!; i < start[at + 1]!; i++) list.push(numbers[i]!);
  return list;
}

/** Gives the numbers of one of the lists, without making a list of them. */
export function eachAt({ start, numbers }: NumberLists, at: number, give: (one: number) => void): void {
  for (let i = start[at]!; i < start[at + 1]!; i++) give(numbers[i]!);
}
