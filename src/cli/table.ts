import { visibleLine } from '../core/text/visible.ts';

/** A plain table for a terminal: columns aligned, numbers to the right. What a cell holds cannot leave its line. */
export function tableText(head: readonly string[], cells: readonly (readonly string[])[], right: readonly number[] = []): string {
  const rows = cells.map((row) => row.map(visibleLine));
  const widths = head.map((h, i) => rows.reduce((most, row) => Math.max(most, row[i]!.length), h.length));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((w) => '─'.repeat(w)).join('  '), ...rows.map(line)].join('\n');
}
