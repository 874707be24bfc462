import type { CheckResult } from '../../transports/transport.ts';
import type { Cli } from '../cli.ts';

/** `interlocal check [CONNECTION…]` */
export function registerCheck(cli: Cli): void {
  cli.program
    .command('check')
    .argument('[connections...]', 'connections to check; none: all')
    .description('Test each connection: host key, credentials, permissions, and what to do if something is wrong.')
    .action(async (names: string[]) => {
      const { withTown } = await import('../town.ts');
      const { openConnection } = await import('../../engine/run/connection.ts');
      const { checkSinkTarget, sinksOf } = await import('../../engine/outbound/sink-target.ts');
      const { checkSourceFolders } = await import('../../engine/inbound/source-target.ts');
      const { ConfigError, didYouMean, InterlocalError } = await import('../../core/errors.ts');
      const { permissionChecks } = await import('../../engine/doctor/permissions.ts');
      const { storeFile } = await import('../../store/integrity.ts');
      const { checkText } = await import('./doctor.ts');
      const { appendAudit } = await import('../../store/audit.ts');
      const { anyFile } = await import('../../store/files.ts');
      const { listSources } = await import('../../store/sources.ts');
      const { actorOf } = await import('../../config/actor.ts');
      await withTown(cli, async ({ project, knex }) => {
        const sources = await listSources(knex);
        const everFound = async (pipeline: string): Promise<boolean> => {
          const source = sources.find((s) => s.pipeline === pipeline);
          return source !== undefined && anyFile(knex, source.id);
        };
        const all = Object.keys(project.connections);
        for (const name of names)
          if (!all.includes(name)) {
            const meant = didYouMean(name, all);
            throw new ConfigError({
              code: 'CONNECTION_UNKNOWN',
              place: { path: name },
              message: `There is no connection "${name}".`,
              hint: meant ? `Did you mean ${meant}?` : `Known: ${all.join(', ')}.`,
            });
          }
        const results: { connection: string; ok: boolean; checks: CheckResult[] }[] = [];
        for (const name of names.length ? names : all) {
          let checks: CheckResult[];
          try {
            const { transport, options } = await openConnection(project, name, cli.signal);
            try {
              checks = await transport.check();
              // Where the login fails already, everything else would only say so again.
              if (checks.every((c) => c.ok)) {
                if (transport.kind === 'query') {
                  const { checkTables } = await import('../../connector/sink/check-tables.ts');
                  const { optionVariables } = await import('../../connector/template.ts');
                  const connector = project.connectors.get(project.connections[name]!.connector)!.value;
                  checks.push(...(await checkTables(connector, transport, optionVariables(options))));
                } else {
                  if (transport.kind === 'files') checks.push(...(await checkSourceFolders(project, name, transport, options, everFound)));
                  // What the town's pipelines write to, as far as that can be seen without writing.
                  for (const sink of sinksOf(project, name)) checks.push(...(await checkSinkTarget(sink, transport, options)));
                }
              }
            } finally {
              await transport.close();
            }
          } catch (error) {
            if (!(error instanceof InterlocalError)) throw error;
            checks = error.problems.map((p) => ({ name: 'configuration', ok: false, code: p.code, detail: p.message, hint: p.hint }));
          }
          for (const { code, detail } of checks)
            if (code === 'HOST_KEY_CHANGED')
              await appendAudit(knex, { actor: actorOf(), action: 'host_key_refused', subject: name, detail: { message: detail } });
          results.push({ connection: name, ok: checks.every((c) => c.ok), checks });
        }
        for (const rights of await permissionChecks(project, storeFile(knex)))
          if (rights.state === 'attention') cli.note(checkText(rights));
        cli.setExit(results.every((r) => r.ok) ? 0 : 1);
        cli.print({ connections: results }, () =>
          results.length === 0
            ? 'There are no connections yet: add one to config/connections.yaml.'
            : results
                .map((r) =>
                  [
                    `${r.connection}`,
                    ...r.checks.map(
                      (c) => `  ${c.ok ? (c.warning ? '!' : '✓') : '✗'} ${c.name}: ${c.detail}${c.hint ? `\n      ${c.hint}` : ''}`,
                    ),
                  ].join('\n'),
                )
                .join('\n\n'),
        );
      });
    });
}
