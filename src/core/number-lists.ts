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
  lists.forEach((list, i) => numbers.set(list, start[i]));
  return { start, numbers };
}

/** One of the lists; it is not to be changed. */
export function listAt({ start, numbers }: NumberLists, at: number): readonly number[] {
  return Array.from(numbers.subarray(start[at], start[at + 1]));
}
