import type { Value, Values } from '../core/record.ts';

/** Sets a field whose name comes from a file: it may be called __proto__, and must become a field like any other. */
export function setField(values: Values, name: string, value: Value): void {
  if (name === '__proto__') Object.defineProperty(values, name, { value, enumerable: true, writable: true, configurable: true });
  else values[name] = value;
}
