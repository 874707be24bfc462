/** A column of numbers that grows without being copied. */
export interface Column {
  push(value: number): void;
  at(i: number): number;
}

const ROWS = 1 << 16;

export function column(kind: Float64ArrayConstructor | Int32ArrayConstructor | Uint32ArrayConstructor): Column {
  const chunks: (Float64Array | Int32Array | Uint32Array)[] = [];
  let length = 0;
  return {
    push(value) {
      if (length % ROWS === 0) chunks.push(new kind(ROWS));
      chunks.at(-1)![length++ % ROWS] = value;
    },
    at: (i) => chunks[Math.floor(i / ROWS)]![i % ROWS]!,
  };
}
