import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('./cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
// A call on a share that hangs never comes back, and would keep the process for ever.
const { hasHungCalls } = await import('./transports/hung.ts');
if (hasHungCalls()) process.stdout.write('', () => process.exit());
