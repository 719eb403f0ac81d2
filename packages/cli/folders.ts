/** Where things are below the checkout. */
import { join, resolve } from 'node:path';

/** What the launcher and the commands install and build; may be deleted at any time while nothing runs, except `data`. */
const stateFolder = (home: string) => join(home, '.clawpool');
export const imagesFolder = (home: string) => join(stateFolder(home), 'images');
export const consoleBuildsFolder = (home: string) => join(stateFolder(home), 'console');
export const defaultDataFolder = (home: string) => join(stateFolder(home), 'data');

/** `cliFolder` is packages/cli. */
export const compileCacheFolder = (cliFolder: string) =>
  join(stateFolder(resolve(cliFolder, '../..')), 'compile-cache');
