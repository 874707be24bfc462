import { runCli } from '../../src/cli/cli.ts';
import { registerServe } from '../../src/cli/operate/serve.ts';

// The command under test as a process of its own, for signals and what is on stdout.
process.exitCode = await runCli(process.argv.slice(2), [registerServe], '0.0.0');
