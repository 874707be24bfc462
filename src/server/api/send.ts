import type { Response } from 'express';
import { shapedJson } from '../../reports/shapes/json.ts';
import type { ShapeName, ShapeOf } from '../../reports/shapes/shapes.ts';

/** Answers with JSON of a shape that docs/json.md promises. */
export function sendJson<N extends ShapeName>(response: Response, shape: N, value: ShapeOf<N>, status = 200): void {
  response.status(status).type('application/json').send(shapedJson(shape, value));
}
