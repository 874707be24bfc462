import type { Project } from '../../config/project.ts';
import type { Problem } from '../../core/errors.ts';
import { EXIT_CONFIG } from '../../core/outcome.ts';
import type { Cli } from '../cli.ts';

/** `interlocal validate` */
export function registerValidate(cli: Cli): void {
  cli.program
    .command('validate')
    .description("Check every file of the town's folder and report all problems at once. It contacts no other system and changes nothing.")
    .option('--no-secrets', 'do not check whether secrets, folders and the store exist on this machine (for a build server that has none)')
    .action(async (options: { secrets: boolean }) => {
      const [{ loadProject }, { knownTransports }, { compileMapping }, { compileSinkMapping }, { textOfProblem }] = await Promise.all([
        import('../../config/load.ts'),
        import('../../transports/transports.ts'),
        import('../../mapping/compile.ts'),
        import('../../mapping/sink/sink-mapping.ts'),
        import('../../core/errors.ts'),
      ]);
      const { EXCEPTION_TYPES } = await import('../../reconciliation/exceptions/types.ts');
      const { readPeriod } = await import('../../reconciliation/periods/fiscal.ts');
      const { tablesOfReport } = await import('../../reports/table-names.ts');
      const { checkHere } = await import('./validate-here.ts');
      const { weakConnections, weakTexts } = await import('../../engine/run/weak-connections.ts');
      const { project, problems } = await loadProject(cli.project(), {
        transports: await knownTransports(),
        compileMapping,
        compileSinkMapping,
        exceptionTypes: Object.keys(EXCEPTION_TYPES),
        knowsPeriod: (text, starts) => readPeriod(text, starts) !== undefined,
        reportTables: tablesOfReport,
        secrets: options.secrets,
        // A build server has neither the secrets nor the folders and the store of the town's machine.
        ...(options.secrets ? { alsoCheck: checkHere } : {}),
      });
      cli.setExit(project ? 0 : EXIT_CONFIG);
      const { packRemarks } = await import('../../authoring/install/list-packs.ts');
      const remarks = project
        ? [
            ...weakTexts(weakConnections(project, Object.keys(project.connections))),
            ...(await packRemarks(project.folder, new Date().toISOString().slice(0, 10))).map(textOfProblem),
          ]
        : [];
      cli.print('validate', { valid: project !== undefined, problems, ...(project && { checked: checked(project), remarks }) }, () =>
        project ? [`Valid: ${listed(checked(project))}.`, ...remarks].join('\n') : textOf(problems, textOfProblem),
      );
    });
}

function checked(project: Project): Record<string, number> {
  return {
    connections: Object.keys(project.connections).length,
    connectors: project.connectors.size,
    mappings: project.mappings.size + project.sinkMappings.size,
    lookups: project.lookups.size,
    pipelines: project.pipelines.size,
    entities: project.entities.size,
  };
}

function listed(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([noun, n]) => count(n, noun.replace(/ies$/, 'y').replace(/s$/, '')))
    .join(', ');
}

function textOf(problems: readonly Problem[], textOfProblem: (problem: Problem) => string): string {
  const files = new Set(problems.map((p) => p.place.file)).size;
  return [...problems.map(textOfProblem), '', `${count(problems.length, 'problem')} in ${count(files, 'file')}.`].join('\n');
}

function count(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : `${noun}s`.replace(/ys$/, 'ies')}`;
}
