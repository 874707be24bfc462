import { enableCompileCache } from 'node:module';

enableCompileCache();
// bin/interlocal.js was killed: whoever started it believes that nothing runs any more. Stop as at Ctrl-C.
process.once('disconnect', () => {
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
});
process.channel?.unref();
const { main } = await import('./cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
// A call on a share that hangs never comes back, and would keep the process for ever.
const { hasHungCalls } = await import('./transports/hung.ts');
if (hasHungCalls()) process.stdout.write('', () => process.exit());
