import type { Certificate } from '../../authoring/certify/finding.ts';
import type { Pack } from '../../authoring/certify/pack.ts';
import { clearCheck, showCheck } from './certify-progress.ts';
import type { Cli } from '../cli.ts';
import { packFolder } from './pack-folder.ts';

interface CertifyCommand {
  offline?: boolean;
  connection?: string;
  report?: string;
  writeRecords?: boolean;
}

/** `interlocal certify CONNECTOR` */
export function registerCertify(cli: Cli): void {
  cli.program
    .command('certify')
    .argument('<connectors...>', "connectors of this town's folder or shipped ones; or the path of a pack")
    .option('--offline', 'the offline half: everything that the recordings can prove, without another system')
    .option(
      '--connection <name>',
      'the online half: reach this connection and compare what it returns with the schema; with --offline, both halves',
    )
    .option('--report <file>', 'write the report as a web page too')
    .option('--write-records', 'first write records.json of every recording as it reads now; review it afterward')
    .description('Test a connector: every stream against its recording, and the ways in which files and services are known to go wrong.')
    .action(async (names: string[], options: CertifyCommand) => {
      const { certifyOffline } = await import('../../authoring/certify/certify.ts');
      const { readPack } = await import('../../authoring/certify/pack.ts');
      const { certificateText } = await import('./certify-report.ts');
      const { readTrustedKeys } = await import('../../authoring/install/trusted-keys.ts');
      const { keys } = await readTrustedKeys(cli.project());
      // Before anything is proven, which takes minutes: a report that cannot be written is not lost at the end.
      if (options.report) {
        (await import('../known.ts')).endsIn('--report', options.report, ['html', 'htm']);
        await writeReport(options.report, [], 'a');
      }
      const certificates: Certificate[] = [];
      for (const name of names) {
        const folder = await packFolder(cli, name);
        if (options.writeRecords) {
          const { writeRecords } = await import('../../authoring/certify/write-records.ts');
          const tables = await (await import('./certify-tables.ts')).tablesPort();
          for (const file of await writeRecords(folder, tables, (text) => cli.note(text)))
            cli.note(`Wrote ${file}: review it line by line.`);
        }
        const pack = await readPack(folder, keys);
        // With a connection alone, only what needs it; --offline with it: both halves.
        if (options.offline || !options.connection) {
          const { sshFor, tablesFor } = await import('./certify-servers.ts');
          const transport = pack.connector?.transport;
          const servers = { startTables: await tablesFor(transport), startSsh: await sshFor(transport) };
          certificates.push(await certifyOffline(pack, { signal: cli.signal, onCheck: showCheck(cli), ...servers }));
        }
        if (options.connection) certificates.push(await online(cli, pack, options.connection));
      }
      clearCheck(cli);
      if (options.report) await writeReport(options.report, certificates, 'w');
      cli.setExit(certificates.every((c) => c.passed) ? 0 : 1);
      cli.print('certify', { certificates }, () => certificates.map(certificateText).join('\n\n'));
    });
}

/** The report as a web page; without certificates only whether it can be written is looked at. */
async function writeReport(file: string, certificates: readonly Certificate[], flag: 'a' | 'w'): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  const { certificatePage } = await import('./certify-page.ts');
  const { fileNotWritten } = await import('../../core/file-error.ts');
  await writeFile(file, certificates.length ? certificatePage(certificates) : '', { flag }).catch((error: unknown) => {
    throw fileNotWritten(error, { file, what: 'The report', hint: 'Name another file with --report.' });
  });
}

async function online(cli: Cli, pack: Pack, connection: string): Promise<Certificate> {
  const { openProject } = await import('../../config/load.ts');
  const { knownTransports } = await import('../../transports/transports.ts');
  const { certifyOnline } = await import('../../authoring/certify/online.ts');
  const { ConfigError, didYouMean } = await import('../../core/errors.ts');
  const project = await openProject(cli.project(), { transports: await knownTransports() });
  if (!project.connections[connection]) {
    const known = Object.keys(project.connections);
    const meant = didYouMean(connection, known);
    throw new ConfigError({
      code: 'CONNECTION_UNKNOWN',
      place: { path: connection },
      message: `There is no connection "${connection}".`,
      hint: meant ? `Did you mean ${meant}?` : `Known: ${known.join(', ') || 'none yet'}.`,
    });
  }
  return certifyOnline(pack, project, connection, { signal: cli.signal, onCheck: showCheck(cli) });
}
