import { expect, it } from 'vitest';
import { SHAPES, type ShapeName } from './shapes/shapes.ts';
import { TABLE_NAMES } from './table-names.ts';

it('the tables that a saved report may name are those of its JSON', () => {
  for (const [report, tables] of Object.entries(TABLE_NAMES)) {
    const shape = SHAPES[(report === 'revenue' ? 'report revenue --by' : `report ${report}`) as ShapeName] as unknown as {
      shape: Record<string, unknown>;
    };
    const others = ['report', 'definition', 'notes', ...(report === 'revenue' ? ['not_reconciled'] : [])];
    expect([report, Object.keys(shape.shape).filter((key) => !others.includes(key))]).toEqual([report, tables]);
  }
});
