import { InterlocalError } from '../../../core/errors.ts';
import type { CheckResult, QueryTransport } from '../../transport.ts';
import { quoted } from '../catalog.ts';
import { checkTarget, isUniqueKey } from './target.ts';
import type { WriteTarget } from './target.ts';

/** What would keep rows from being written to a table, and what works but should be seen. `find` looks the table up. */
export async function checkTable(
  find: () => Promise<WriteTarget>,
  spec: Parameters<QueryTransport['checkTable']>[0],
  connection: string,
  username: string,
): Promise<CheckResult> {
  const name = `writing to ${spec.table}`;
  let target: WriteTarget;
  try {
    target = await find();
    const row = Object.fromEntries([...spec.key, ...spec.columns].map((column) => [column, null]));
    checkTarget(target, { ...spec, rows: [row] }, connection, username);
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    const hints = [...new Set(error.problems.flatMap(({ hint }) => hint ?? []))];
    return {
      name,
      ok: false,
      detail: error.problems.map(({ message }) => message).join(' '),
      ...(hints.length ? { hint: hints.join(' ') } : {}),
    };
  }
  const detail = `${target.name} can be written to (${spec.write})`;
  const warn = (what: string, hint: string): CheckResult => ({ name, ok: true, warning: true, detail: `${detail}, but ${what}`, hint });
  if (spec.key.length > 0 && !isUniqueKey(target, spec.key))
    return warn(
      `no unique index guarantees that ${spec.key.join(', ')} identifies one row: each write locks much of the table, and another program may add the same row twice`,
      'Ask its owner for a unique index on these columns.',
    );
  if (target.tracked && !target.may.viewChanges)
    return warn(
      'this login may not view its changes, so our own writes are read back like any other change',
      `Have the owner of the database run: GRANT VIEW CHANGE TRACKING ON ${target.sql} TO ${quoted(username)};`,
    );
  return { name, ok: true, detail };
}
