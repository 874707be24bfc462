import { EXIT_ATTENTION } from '../../core/outcome.ts';
import type { DoctorCheck } from '../../engine/doctor/doctor.ts';
import type { Cli } from '../cli.ts';

const MARKS: Record<DoctorCheck['state'], string> = { ok: '✓', remark: '!', attention: '!', wrong: '✗' };

/** `interlocal doctor` */
export function registerDoctor(cli: Cli): void {
  cli.program
    .command('doctor')
    .description('Check the installation: store and audit log, who may read the data, disk, clock, weak connections.')
    .action(async () => {
      const { withTown } = await import('../town.ts');
      const { examine, stateOfExamination } = await import('../../engine/doctor/doctor.ts');
      await withTown(cli, async (engine) => {
        const found = await examine(engine);
        const state = stateOfExamination(found);
        cli.setExit({ ok: 0, attention: EXIT_ATTENTION, wrong: 1 }[state]);
        cli.print('doctor', { doctor: { at: found.at, state, checks: found.checks } }, () => found.checks.map(checkText).join('\n'));
      });
    });
}

/** `✗ store: The store is damaged … [STORE_DAMAGED]`, with what to do below. */
export function checkText({ name, state, code, detail, hint }: DoctorCheck): string {
  return `${MARKS[state]} ${name}: ${detail}${code ? ` [${code}]` : ''}${hint ? `\n    ${hint}` : ''}`;
}
