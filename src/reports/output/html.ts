import { formatMoney } from '../../core/money.ts';
import { momentInZone } from '../../core/time/zoned-time.ts';
import { visible } from '../../core/text/visible.ts';
import { drillHints } from './drill.ts';
import { cellText, type Report, type ReportColumn, type ReportTable } from './table.ts';

/** About so many characters are made at a time. */
const CHUNK = 64 * 1024;

/** On screen and on paper: each page repeats the head of a table, and no row is torn in two. */
const STYLE = `
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem; }
h1 { font-size: 1.5rem; margin: 0.2rem 0 0.4rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 0.4rem; }
.town, .asked, footer { color: #444; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 40%; }
th, td { text-align: start; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid #ccc; overflow-wrap: anywhere; white-space: pre-line; }
th { border-bottom: 2px solid #444; background: #f2f2f2; white-space: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@page { size: landscape; margin: 14mm; }
@media print {
  body { font-size: 9.5pt; margin: 0; }
  .wide { overflow: visible; }
  table { width: 100%; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .behind { display: none; }
  th { background: none; }
}
`;

/**
 * A report as one HTML page without scripts, for reading and for printing (also to PDF, by the browser), in pieces. Nothing in it
 * depends on when it is made.
 */
export function* reportHtmlParts({ title, tables, notes, definition }: Report, town: string, zone: string): Generator<string> {
  const asked = Object.entries(definition)
    .filter(([name, value]) => name !== 'report' && value !== null)
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${momentInZone(String(value), zone)}`);
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}, ${text(town)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="town">${text(town)}</p>
<h1>${text(title)}</h1>
${asked.length ? `<p class="asked">${text(asked.join('; '))}</p>\n` : ''}</header>
<main>
`;
  for (const table of tables) yield* tableParts(table, tables.length > 1);
  yield `</main>
<footer>
${notes.map((note) => `<p>${text(note)}</p>\n`).join('')}</footer>
</body>
</html>
`;
}

function* tableParts(table: ReportTable, named: boolean): Generator<string> {
  const { columns, rows } = table;
  let html = `<section>\n${named ? `<h2>${text(table.title)}</h2>\n` : ''}`;
  if (rows.length === 0) {
    yield `${html}<p>Nothing.</p>\n</section>\n`;
    return;
  }
  html += `<div class="wide">\n<table>\n<thead><tr>${columns.map((column) => `<th scope="col"${side(column)}>${text(column.title)}</th>`).join('')}</tr></thead>\n<tbody>\n`;
  for (const row of rows) {
    // Names may be written from right to left: each cell finds its own direction.
    html += `<tr>${columns.map((column) => `<td dir="auto"${side(column)}>${text(cellText(column, row, formatMoney))}</td>`).join('')}</tr>\n`;
    if (html.length < CHUNK) continue;
    yield html;
    html = '';
  }
  const hints = drillHints(table).map((hint) => `<p class="asked behind">${text(hint)}</p>\n`);
  yield `${html}</tbody>\n</table>\n</div>\n${hints.join('')}</section>\n`;
}

function side({ kind }: ReportColumn): string {
  return kind === 'money' || kind === 'count' ? ' class="number"' : '';
}

function text(value: string): string {
  return visible(value).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}
