import { addPack } from '../../src/authoring/install/add-pack.ts';

/** A process of its own that adds a pack and is killed, as by a power cut, when it has done this step. */
const [town, source, until] = process.argv.slice(2) as [string, string, string];
await addPack(town, source, {
  now: new Date('2026-11-24T12:00:00Z'),
  signal: new AbortController().signal,
  allowUnsigned: false,
  replace: false,
  certify: false,
  dryRun: false,
  onStep: (step) => void (step === until && process.kill(process.pid, 'SIGKILL')),
});
