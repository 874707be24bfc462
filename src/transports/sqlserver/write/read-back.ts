import { ConfigError, FatalError } from '../../../core/errors.ts';
import type { Problem } from '../../../core/errors.ts';
import type { ReadBackSpec } from '../../transport.ts';
import { findColumn, quoted } from '../catalog.ts';
import { readingOf } from '../column-types.ts';
import type { Reading } from '../column-types.ts';
import type { Connections } from '../connect.ts';
import { comparable } from '../changes/positions.ts';
import type { Comparable } from '../changes/positions.ts';
import type { WriteTarget } from './target.ts';

const PARAMETERS = 1500;

/** Reads rows by their keys, in the order of the spec. Throws ConfigError for columns that are not there, FatalError for a key of several rows. */
export async function readBack(
  on: Connections,
  target: WriteTarget,
  spec: ReadBackSpec,
  connection: string,
): Promise<(Record<string, string | null> | undefined)[]> {
  const readings = readingsOf(target, spec, connection);
  const found: (Record<string, string | null> | undefined)[] = spec.rows.map(() => undefined);
  const wanted = spec.rows.flatMap((row, index) => {
    const key = keyOf(target, spec, row);
    return key ? [{ index, key }] : [];
  });
  const size = Math.max(1, Math.floor(PARAMETERS / Math.max(1, spec.key.length)));
  for (let at = 0; at < wanted.length; at += size) {
    const some = wanted.slice(at, at + size);
    const parameters: Record<string, string> = {};
    const selects = some.map(({ key }, i) => {
      const where = key.map(({ column, value }, k) => {
        const name = `p${i}_${k}`;
        parameters[name] = value.parameter;
        return `t.${quoted(column)} = ${value.sql(`@${name}`)}`;
      });
      return `SELECT ${['1 AS interlocal_found', ...readings.map(({ reading }, n) => `${reading.select} AS c${n}`)].join(', ')} FROM ${target.sql} AS t WHERE ${where.join(' AND ')};`;
    });
    let recordsets: unknown[][][];
    try {
      ({ recordsets } = (await on.request(parameters).query(selects.join('\n'))) as unknown as { recordsets: unknown[][][] });
    } catch (error) {
      throw on.errorOf(error);
    }
    for (const [i, rows] of recordsets.entries()) {
      const { index, key } = some[i]!;
      if (rows.length > 1)
        throw new FatalError({
          code: 'SQL_ROW_AMBIGUOUS',
          place: { system: connection, path: target.name, key: key.map(({ value }) => value.parameter).join(' ') },
          message: `${rows.length} rows of ${target.name} have this key, so it is not known which one is meant.`,
          hint: 'In the connector, add columns to target.table.key of the sink until the key identifies one row.',
        });
      const [row] = rows;
      if (row)
        found[index] = Object.fromEntries(
          readings.map(({ name, reading }, n) => {
            const value = row[n + 1] as string | number | null;
            return [name, value === null ? null : (reading.finish ?? String)(value)];
          }),
        );
    }
  }
  return found;
}

function readingsOf(target: WriteTarget, spec: ReadBackSpec, connection: string): { name: string; reading: Reading }[] {
  const problems: Problem[] = [];
  const place = { system: connection, path: target.name };
  const unknown = [...new Set([...spec.key, ...spec.columns])].filter((name) => !findColumn(target.columns, name));
  for (const name of unknown)
    problems.push({
      code: 'SQL_COLUMN_UNKNOWN',
      place,
      message: `${target.name} has no column called ${JSON.stringify(name)}.`,
      hint: `Correct the name in the sink of the connector. The table has ${target.columns
        .map((c) => c.name)
        .slice(0, 40)
        .join(', ')}.`,
    });
  if (spec.key.length === 0)
    problems.push({
      code: 'SQL_WRITE_KEY',
      place,
      message: `It is not known which columns identify a row of ${target.name}.`,
      hint: 'Name the columns of its key in target.table.key of the sink, in the connector.',
    });
  const readings = spec.columns.flatMap((name) => {
    const column = findColumn(target.columns, name);
    if (!column) return [];
    const reading = readingOf(column.type, `t.${quoted(column.name)}`, 'text');
    if (!reading)
      problems.push({
        code: 'SQL_COLUMN_TYPE',
        place,
        message: `Column ${column.name} of ${target.name} is of type ${column.type.name}, whose values have no exact form as text, so it cannot be compared with what was written.`,
        hint: 'Leave the column out of the sink in the connector.',
      });
    return reading ? [{ name, reading }] : [];
  });
  if (problems.length) throw new ConfigError(problems);
  return readings;
}

/** undefined: a row with such a key cannot be there. */
function keyOf(
  target: WriteTarget,
  spec: ReadBackSpec,
  row: ReadBackSpec['rows'][number],
): { column: string; value: Comparable }[] | undefined {
  const key: { column: string; value: Comparable }[] = [];
  for (const name of spec.key) {
    const column = findColumn(target.columns, name)!;
    const value = row[name];
    const made = value === null || value === undefined ? undefined : comparable(column.type, value);
    if (made === undefined || typeof made === 'string') return undefined;
    key.push({ column: column.name, value: made });
  }
  return key;
}
