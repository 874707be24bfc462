import { Readable } from 'node:stream';
import { counted } from '../../core/text/counted.ts';
import { Option } from 'commander';
import { shapedJson } from '../../reports/shapes/json.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';
import { registerIdentityValues } from './identity-values.ts';

/** `interlocal identity clusters | report | compare | train | set | unset | values` */
export function registerIdentity(cli: Cli): void {
  const identity = cli.program.command('identity').description('Which records of different systems are one person or organization.');
  registerIdentityValues(cli, identity);

  identity
    .command('clusters')
    .argument('<entity>', 'party, …')
    .addOption(new Option('--format <format>', 'how').choices(['csv', 'json', 'table']))
    .description('List one row for each source record: golden id, connection, source key, kind of link, score.')
    .action(async (name: string, options: { format?: 'csv' | 'json' | 'table' }) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind, behind } = await import('../../engine/identity/matched.ts');
      const { clusters } = await import('../../engine/identity/report.ts');
      const { spreadsheetCsvLines } = await import('../../reports/output/spreadsheet-csv.ts');
      const { chosenFormat, writeOn } = await import('./report/output.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        const late = await behind(engine, kind);
        if (late) cli.note(late);
        const rows = await clusters(engine, kind);
        const cells = rows.map((r) => [
          String(r.golden_id),
          r.connection,
          r.source_key,
          r.link_kind ?? '',
          r.score === null ? '' : String(r.score),
        ]);
        const head = ['golden_id', 'connection', 'source_key', 'link_kind', 'score'];
        const format = chosenFormat(options.format, undefined, ['table', 'csv', 'json'], cli.json());
        if (format === 'json') return writeOn(`${shapedJson('identity clusters', { entity: name, clusters: rows })}\n`);
        if (format === 'csv')
          return writeOn(
            Readable.from(
              spreadsheetCsvLines(
                head,
                cells.map((row) => row.map((cell, i) => (i === 0 || i === 4 ? { number: cell } : { text: cell }))),
              ),
            ),
          );
        cli.print('identity clusters', { entity: name, clusters: rows }, () =>
          rows.length === 0 ? `There is no ${name} yet.` : tableText(head, cells, [0, 4]),
        );
      });
    });

  identity
    .command('report')
    .argument('<entity>', 'party, …')
    .description('Show counts of source and golden records, what needs review, and the quality of the links.')
    .action(async (name: string) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind } = await import('../../engine/identity/matched.ts');
      const { identityReport } = await import('../../engine/identity/report.ts');
      await withTown(cli, async (engine) => {
        const report = await identityReport(engine, await matchedKind(engine, name));
        const percent = (share: number | null): string => (share === null ? 'not known yet' : `${(share * 100).toFixed(2)} %`);
        cli.print('identity report', report, () =>
          [
            ...(report.behind ? [report.behind, ''] : []),
            `${counted(report.source_records, 'source record')} of ${name} are ${report.golden_records.toLocaleString('en-US')} golden records: ${counted(report.double_entries, 'double entry', 'double entries')} recognized.`,
            '',
            tableText(
              ['connection', 'source records', 'golden records', 'duplicates inside'],
              report.by_connection.map((c) => [
                c.connection,
                String(c.source_records),
                String(c.golden_records),
                String(c.duplicates_inside),
              ]),
              [1, 2, 3],
            ),
            '',
            `Linked by rule ${report.links.rule}, by score ${report.links.score}, by a person ${report.links.steward}.`,
            `Needs review: ${counted(report.waiting.pairs, 'pair')}${report.waiting.later ? `, ${report.waiting.later} of them postponed` : ''}. Decided: ${report.decisions.same} same, ${report.decisions.different} different.`,
            `Estimated precision ${percent(report.estimate.precision)}, recall ${percent(report.estimate.recall)}. ${report.estimate.method}`,
          ].join('\n'),
        );
      });
    });

  identity
    .command('compare')
    .argument('<entity>', 'party, …')
    .description('Compare now what the next run would compare first: new records, or all records after a change of the model.')
    .action(async (name: string) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind } = await import('../../engine/identity/matched.ts');
      const { compareNow } = await import('../../engine/identity/compare.ts');
      await withTown(cli, async (engine) => {
        const compared = await compareNow(engine, await matchedKind(engine, name), { note: (text) => cli.note(text) });
        cli.print('identity compare', { entity: name, compared }, () =>
          compared ? `All ${name} records are compared.` : 'There is nothing to compare.',
        );
      });
    });

  identity
    .command('train')
    .argument('<entity>', 'party, …')
    .option('--dry-run', 'write no file')
    .description('Estimate the parameters from the records in the store, into a file to review and commit.')
    .action(async (name: string, options: { dryRun?: boolean }) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind } = await import('../../engine/identity/matched.ts');
      const { trainIdentity } = await import('../../engine/identity/train.ts');
      await withTown(cli, async (engine) => {
        const { file, parameters, untrained } = await trainIdentity(engine, await matchedKind(engine, name), {
          write: options.dryRun !== true,
        });
        cli.print('identity train', { file: options.dryRun ? null : file, untrained, parameters }, () =>
          [
            options.dryRun
              ? 'Nothing was written.'
              : `${file}, version ${parameters.version}. Review it, then commit it: the next run compares all records with it.`,
            ...Object.entries(parameters.populations).map(
              ([population, p]) =>
                `${population}: from ${counted(p.records, 'record')}, of which ${Math.round(p.matches).toLocaleString('en-US')} pairs are estimated to be one (prior ${p.prior} bits).`,
            ),
            ...untrained.map((population) => `${population}: too few records; it keeps the parameters that come with Interlocal.`),
          ].join('\n'),
        );
      });
    });
}
