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
      const { checkConnection } = await import('../../engine/run/check-connection.ts');
      const { ConfigError, didYouMean } = await import('../../core/errors.ts');
      const { rightsChecks } = await import('../../engine/doctor/doctor.ts');
      const { checkText } = await import('./doctor.ts');
      await withTown(cli, async (engine) => {
        const all = Object.keys(engine.project.connections);
        for (const name of names)
          if (!all.includes(name)) {
            const meant = didYouMean(name, all);
            throw new ConfigError({
              code: 'CONNECTION_UNKNOWN',
              place: { path: name },
              message: `There is no connection "${name}".`,
              hint: meant ? `Did you mean ${meant}?` : `Known: ${all.join(', ') || 'none yet'}.`,
            });
          }
        const results: { connection: string; ok: boolean; checks: CheckResult[] }[] = [];
        for (const name of names.length ? names : all) {
          const checks = await checkConnection(engine, name, cli.signal);
          results.push({ connection: name, ok: checks.every((c) => c.ok), checks });
        }
        for (const rights of await rightsChecks(engine)) if (rights.state === 'attention') cli.note(checkText(rights));
        cli.setExit(results.every((r) => r.ok) ? 0 : 1);
        cli.print('check', { connections: results }, () =>
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
