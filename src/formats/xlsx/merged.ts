import type { RawCell } from './cell.ts';
import type { MergedCells, RawRow } from './sheet.ts';

/**
 * Gives every cell of a merged area what its first cell holds, row by row. Rows must come in their order; a row of an area
 * that has no cells of its own does not come, and has none filled in.
 */
export function mergedFiller(areas: readonly MergedCells[]): (row: RawRow) => RawRow {
  let next = 0;
  let open: { area: MergedCells; cell: RawCell | undefined }[] = [];
  return (row) => {
    const index = row.number - 1;
    const cells = new Map(row.cells.map((cell) => [cell.column, cell]));
    open = open.filter(({ area }) => area.bottom >= index);
    for (; next < areas.length && areas[next]!.top <= index; next++) {
      const area = areas[next]!;
      if (area.bottom >= index) open.push({ area, cell: area.top === index ? cells.get(area.left) : undefined });
    }
    if (open.length === 0) return row;
    for (const { area, cell } of open)
      if (cell) for (let column = area.left; column <= area.right; column++) cells.set(column, { ...cell, column });
    return { ...row, cells: [...cells.values()].sort((a, b) => a.column - b.column) };
  };
}
