import type { Command } from 'commander';
import { counted } from '../../core/text/counted.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { ConfigError } from '../../core/errors.ts';
import { type Cli, countOption } from '../cli.ts';
import { tableText } from '../table.ts';

/** `interlocal identity set | unset | values` */
export function registerIdentityValues(cli: Cli, identity: Command): void {
  identity
    .command('set')
    .argument('<entity>', 'party, …')
    .argument('<record>', 'CONNECTION:KEY of any of its source records, or #ID')
    .argument('<values...>', 'FIELD=VALUE, one or several; FIELD= empties the field')
    .requiredOption('--reason <text>', 'why; it is kept with the value')
    .description('Set fields of a person or organization by hand, whatever the systems say. Kept over every import; can be taken back.')
    .action(async (name: string, record: string, values: string[], options: { reason: string }) => {
      const { withTown } = await import('../town.ts');
      const { actorOf } = await import('../../config/actor.ts');
      const { matchedKind, namedMember } = await import('../../engine/identity/matched.ts');
      const { setValues } = await import('../../engine/identity/steward-values.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        const done = await setValues(engine, kind, await namedMember(engine, kind, record), valuesOf(values), {
          actor: actorOf(),
          reason: options.reason,
        });
        cli.print('identity set', done, () =>
          [
            `${done.fields.join(', ')} of ${name} #${done.golden_id} ${done.fields.length === 1 ? 'is' : 'are'} as you say from now on, whatever the systems say.`,
            `To take it back, run interlocal identity unset ${name} #${done.golden_id} ${done.fields.join(' ')} --reason TEXT.`,
          ].join('\n'),
        );
      });
    });

  identity
    .command('unset')
    .argument('<entity>', 'party, …')
    .argument('<record>', 'CONNECTION:KEY of any of its source records, or #ID')
    .argument('<fields...>', 'fields that were set')
    .requiredOption('--reason <text>', 'why; it is kept in the audit log')
    .description('Take values back that people set: what the systems say counts again.')
    .action(async (name: string, record: string, fields: string[], options: { reason: string }) => {
      const { withTown } = await import('../town.ts');
      const { actorOf } = await import('../../config/actor.ts');
      const { matchedKind, namedMember } = await import('../../engine/identity/matched.ts');
      const { unsetValues } = await import('../../engine/identity/steward-values.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        const done = await unsetValues(engine, kind, await namedMember(engine, kind, record), fields, {
          actor: actorOf(),
          reason: options.reason,
        });
        cli.print(
          'identity set',
          done,
          () => `${done.fields.join(', ')} of ${name} #${done.golden_id}: what the systems say counts again.`,
        );
      });
    });

  identity
    .command('values')
    .argument('<entity>', 'party, …')
    .argument('[record]', 'CONNECTION:KEY or #ID; without it, all')
    .option('--limit <n>', 'how many', countOption, 100)
    .description('List the values that people set, the newest first, with who set them and why. Contains personal data.')
    .action(async (name: string, record: string | undefined, options: { limit: number }) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind, namedMember } = await import('../../engine/identity/matched.ts');
      const { valuesSet } = await import('../../engine/identity/steward-values.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        const member = record === undefined ? undefined : await namedMember(engine, kind, record);
        const values = (await valuesSet(engine, kind, member, options.limit)).map((v) => ({
          value: v.id,
          connection: v.source,
          source_key: v.key,
          field: v.field,
          columns: v.columns,
          actor: v.actor,
          at: v.at,
          reason: v.reason,
          undone: v.undone,
        }));
        cli.print('identity values', { entity: name, values }, () =>
          values.length === 0
            ? 'Nobody set a value.'
            : [
                tableText(
                  ['no.', 'record', 'field', 'value', 'by', 'when', 'why', ''],
                  values.map((v) => [
                    String(v.value),
                    `${v.connection}:${v.source_key}`,
                    v.field,
                    String(v.columns[v.field] ?? '(empty)'),
                    v.actor,
                    zonedTime(v.at, engine.project.config.town.time_zone),
                    v.reason,
                    v.undone ? `taken back by ${v.undone.by}` : '',
                  ]),
                  [0],
                ),
                `${counted(values.length, 'value')}.`,
              ].join('\n'),
        );
      });
    });
}

function valuesOf(list: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const one of list) {
    const at = one.indexOf('=');
    if (at <= 0)
      throw new ConfigError({
        code: 'STEWARD_VALUE_WRONG',
        place: { path: one },
        message: `"${one}" is not written as FIELD=VALUE, so nothing was set.`,
        hint: 'Write for example birth_date=1984-09-17; in quotes where there are blanks: "address_line1=12 Elm Street".',
      });
    values.set(one.slice(0, at), one.slice(at + 1));
  }
  return values;
}
