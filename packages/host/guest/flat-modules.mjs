// Node 22 reads and parses a package's whole package.json again for every import inside the package. OpenClaw's has 112 KB and it
// imports over a thousand files of one flat folder: a second and 180 MB of garbage at every start. So imports of "./name.js"
// between files of that folder are answered from its listing, with the very answer Node would give; everything else is Node's.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Changes nothing unless the folder is what it has to be: real, flat, inside an ES module package. */
export function answerFlatImports(folder) {
  try {
    const files = flatModules(folder);
    if (files.size === 0 || !module.registerHooks) return;
    const base = `${pathToFileURL(folder).href}/`;
    module.registerHooks({
      resolve(specifier, context, next) {
        const { parentURL, importAttributes } = context;
        const isFlat = parentURL?.startsWith(base) && !parentURL.includes('/', base.length);
        const url = isFlat && importAttributes?.type === undefined ? files.get(specifier) : undefined;
        return url === undefined ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
      },
    });
  } catch (error) {
    console.error(`clawpool: imports are resolved the slow way: ${error.message}`);
  }
}

function flatModules(folder) {
  const { type } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'));
  if (type !== 'module' || existsSync(join(folder, 'package.json')) || realpathSync(folder) !== folder)
    return new Map();
  const base = `${pathToFileURL(folder).href}/`;
  return new Map(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js') && encodeURIComponent(entry.name) === entry.name)
      .map(({ name }) => [`./${name}`, `${base}${name}`]),
  );
}
