import { zonedTime } from '../../core/time/zoned-time.ts';
import { visibleLine } from '../../core/text/visible.ts';
import type { ExplainedRecord } from '../../reports/explain.ts';
import { changeText } from '../change-text.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';

type Changes = Parameters<typeof changeText>[0];

/** `interlocal explain ENTITY KEY` */
export function registerExplain(cli: Cli): void {
  cli.program
    .command('explain')
    .argument('<entity>', 'receipt, permit, …')
    .argument('<key>', 'its number, the key of its source record, CONNECTION:KEY, or #ID')
    .description('Show where the value of each field came from: record, file, line and run.')
    .action(async (entity: string, key: string) => {
      const { withTown } = await import('../town.ts');
      const { explain } = await import('../../reports/explain.ts');
      const { formatMoney } = await import('../../core/money.ts');
      await withTown(cli, async (engine) => {
        const records = await explain(engine, entity, key);
        const zone = engine.project.config.town.time_zone;
        const fields = engine.project.entities.get(entity)!.value.fields;
        cli.setExit(records.length ? 0 : 1);
        cli.print('explain', { records }, () =>
          records.length === 0
            ? `There is no ${entity} "${key}". Write one of its numbers, the key that its system knows it by (parts joined by |), or #ID.`
            : records
                .map((r) => {
                  const rows = r.fields
                    .filter((f) => f.value !== null || f.steward || f.emptied)
                    .map((f) => {
                      const currency = r.fields.find((c) => c.field === `${f.field}_currency`)?.value;
                      const value =
                        fields[f.field]?.type === 'money' ? formatMoney(f.value as number, String(currency)) : String(f.value ?? '');
                      const from = f.from;
                      const place = from
                        ? `${from.file ? `${from.file}${from.line ? `:${from.line}` : ''}` : from.connection}, record ${from.record}, run ${from.run}`
                        : '';
                      const said = from?.outdated
                        ? `(the mapping has changed since; run ${from.pipeline} first)`
                        : from
                          ? cut(
                              Object.entries(from.fields)
                                .map(([k, v]) => `${k} = ${JSON.stringify(v)}`)
                                .join(', '),
                            )
                          : f.emptied
                            ? `emptied in ${f.emptied.connection}, record ${f.emptied.source_key}`
                            : f.steward
                              ? `set by ${f.steward.actor}: ${cut(f.steward.reason)}`
                              : '';
                      return [f.field, value, said, f.steward ? `value ${f.steward.value}, ${zonedTime(f.steward.at, zone)}` : place];
                    });
                  const known = Object.fromEntries(r.fields.map((f) => [f.field, f.value]));
                  const history = r.history.map((h) => {
                    const of = { action: h.action, currency: engine.project.config.town.currency, known };
                    const changes = h.changes ? ` ${changeText(h.changes as Changes, engine.project.entities.get(entity)!.value, of)}` : '';
                    return `  ${zonedTime(h.at, zone)} run ${h.run}: ${h.action}${visibleLine(changes)}`;
                  });
                  return [
                    `${r.entity} #${r.id}`,
                    ...(r.newest_rejected
                      ? [
                          `Its newest version was rejected; below is the last good one. interlocal rejects show ${r.newest_rejected.reject} says why.`,
                        ]
                      : []),
                    ...clusterText(r.cluster),
                    tableText(['field', 'value', 'what the source said', 'where'], rows),
                    ...postedText(r.posted, formatMoney),
                    'History',
                    ...history,
                  ].join('\n');
                })
                .join('\n\n'),
        );
      });
    });
}

/** In which entries of the ledger it is. */
function postedText(posted: ExplainedRecord['posted'], formatMoney: (minor: number, currency: string) => string): string[] {
  if (!posted) return [];
  if (posted.length === 0) return ['In no journal entry yet'];
  return [
    'Journal entries',
    ...posted.map(({ entry, reference, period, amount, currency, state, corrects, ledger_number, connection }) =>
      visibleLine(
        `  entry ${entry}, ${reference}, ${period}, ${formatMoney(amount, currency)} ${currency}${corrects === null ? '' : `, corrects entry ${corrects}`}: ${state} by ${connection}${ledger_number === null ? '' : ` as ${ledger_number}`}`,
      ),
    ),
  ];
}

/** Which records it is made of, and what ties them. */
function clusterText(cluster: ExplainedRecord['cluster']): string[] {
  if (!cluster) return [];
  const ties = cluster.links.map((l) =>
    visibleLine(
      `  ${l.a} and ${l.b}: ${l.kind === 'rule' ? `rule "${l.rule}"` : l.kind === 'steward' ? l.reasons[0] : `score ${l.score}. ${l.reasons.slice(0, 3).join(' ')}`}`,
    ),
  );
  return [
    visibleLine(`Source records: ${cluster.members.map((m) => `${m.connection}:${m.source_key}`).join(', ')}`),
    ...(cluster.aliases.length > 0 ? [`Also found as ${cluster.aliases.map((id) => `#${id}`).join(', ')}`] : []),
    ...(ties.length > 0 ? ['Why they are the same', ...ties] : []),
    '',
  ];
}

/** Whole lists do not fit on a line; --json has them. */
function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
