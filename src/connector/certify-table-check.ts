import type { Problem } from '../core/errors.ts';
import type { FixtureTable } from './certify-fixtures.ts';

/** Column types that a recorded table may have: those that a query reads as exact text. */
const TYPES = [
  ...['bit', 'tinyint', 'smallint', 'int', 'integer', 'bigint', 'decimal', 'dec', 'numeric', 'money', 'smallmoney', 'float', 'real'],
  ...['double', 'double precision', 'date', 'time', 'smalldatetime', 'datetime', 'datetime2', 'datetimeoffset', 'uniqueidentifier'],
  ...['char', 'character', 'char varying', 'varchar', 'text', 'nchar', 'national char', 'nvarchar', 'ntext', 'sysname', 'xml', 'json'],
  ...['binary', 'varbinary', 'image', 'rowversion', 'timestamp'],
];

/** What is wrong with recorded tables beyond their form: types that nobody reads, rows that are not as long as their columns. */
export function problemsOfTables(tables: Record<string, FixtureTable>, file: string): Problem[] {
  return Object.entries(tables).flatMap(([name, { columns, rows }]) => {
    const wanted = Object.keys(columns).length;
    const at = (...path: (string | number)[]): Problem['place'] => ({ file, path: [name, ...path].join('.') });
    const strange = Object.entries(columns).filter(([, type]) => !TYPES.includes(plainType(type)));
    const uneven = rows.flatMap((row, i) => (row.length === wanted ? [] : [{ i, length: row.length }]));
    return [
      ...strange.map(([column, type]) => ({
        code: 'FIXTURE_INVALID',
        place: at('columns', column),
        message: `${JSON.stringify(type)} is no type that can be recorded.`,
        hint: `One of ${TYPES.map((t) => t.toUpperCase()).join(', ')}. Of others (sql_variant, geography) nobody reads exact text: leave the column out, or let a view convert it.`,
      })),
      ...uneven.slice(0, 5).map(({ i, length }) => ({
        code: 'FIXTURE_INVALID',
        place: at('rows', i),
        message: `Row ${i + 1} has ${length} values, and there are ${wanted} columns.`,
        hint: 'Give each row a value for every column, null where there is none.',
      })),
    ];
  });
}

/** `NVARCHAR(40) NOT NULL` → `nvarchar` */
function plainType(declared: string): string {
  return declared
    .replace(/(?<!\s)\s+(NOT NULL|PRIMARY KEY)\b.*$/i, '')
    .replace(/\([^()]*\)/g, ' ')
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase();
}
