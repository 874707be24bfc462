import { z } from 'zod';
import { SHAPES, type ShapeName } from './shapes.ts';

/** Throws where a JSON text is not of its shape: a key too many is as wrong as one too few. It is our own fault, so it is no Problem. */
export function checkShape(name: ShapeName, json: string): void {
  const read = SHAPES[name].safeParse(JSON.parse(json));
  if (!read.success)
    throw new Error(`The JSON is not of the shape "${name}" (src/reports/shapes):\n${z.prettifyError(read.error)}\n${json.slice(0, 2000)}`);
}
