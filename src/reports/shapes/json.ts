import { isDevelopment } from '../../config/development.ts';
import { jsonLine } from '../../core/text/visible.ts';
import type { ShapeName, ShapeOf } from './shapes.ts';

// The schemas are loaded only where they are checked: they take as long as the whole rest of a short command.
const check = isDevelopment() ? (await import('./check.ts')).checkShape : undefined;

/** The JSON of a value, on one line: the only way in which JSON leaves a command or the server. `shape` names what docs/json.md promises. */
export function shapedJson<N extends ShapeName>(shape: N, value: ShapeOf<N>): string {
  const json = jsonLine(value);
  check?.(shape, json);
  return json;
}

/** The value itself, for what turns it into JSON later; in development builds it is checked here. */
export function shaped<N extends ShapeName>(shape: N, value: ShapeOf<N>): ShapeOf<N> {
  check?.(shape, JSON.stringify(value));
  return value;
}
