import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';

enableCompileCache();
// The young generation stays small: a first load of a million records peaks at 300 MB instead of 430, and takes a tenth longer.
setFlagsFromString('--semi-space-growth-factor=1');
const { main } = await import('./cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
