/** The `clawpool` command. Started by the launcher, or with `node packages/cli/main.ts` on Node 24.12 or newer. */
import { enableCompileCache } from 'node:module';
import { readEnvironment } from './env.ts';
import { compileCacheFolder } from './folders.ts';

// Node keeps what it compiled, types already stripped; this has to come before the imports it is to speed up.
enableCompileCache(compileCacheFolder(import.meta.dirname));
const { run } = await import('./program.ts');
process.exit(await run(process.argv.slice(2), readEnvironment));
