import type { Cli } from '../cli.ts';

/** `interlocal schemas` */
export function registerSchemas(cli: Cli): void {
  cli.program
    .command('schemas')
    .description("Write config/schemas into the town's folder, for editors; run it after an upgrade of Interlocal.")
    .action(async () => {
      const { existsSync } = await import('node:fs');
      const { join } = await import('node:path');
      const folder = cli.project();
      if (!existsSync(join(folder, 'config/interlocal.yaml'))) {
        // Elsewhere it would leave a stray config/ behind; loading says what is missing.
        await (await import('../../config/load.ts')).openProject(folder);
      }
      const { writeJsonSchemas } = await import('../../config/json-schemas.ts');
      const { TRANSPORT_NAMES } = await import('../../transports/transports.ts');
      const files = await writeJsonSchemas(folder, TRANSPORT_NAMES);
      cli.print('schemas', { files }, () => `Wrote ${files.length} schemas to ${join(folder, 'config/schemas')}.`);
    });
}
