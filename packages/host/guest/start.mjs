// The program a runtime starts: runs on the image's Node inside the tenant's boundary, as the tenant. It ties the two
// Unix sockets to the gateway's ports and then becomes the gateway itself: one process, no second Node to start and to hold.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import module from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerFlatImports } from './flat-modules.mjs';
import { offerEgress, offerGateway } from './pipes.mjs';

/** See `GuestOptions` in ../launch-command.ts; given as the only argument, so that nothing of it stays in the environment. */
const options = JSON.parse(process.argv[2]);

useCompileCache(options.compileCache);
answerFlatImports(options.flatModules);
offerGateway(options.inSocket, options.gatewayPort);
offerEgress(options.outSocket, options.egressPort);
removeHalves(options.unfinishedTurns.file);
closeUnfinishedTurns(options.unfinishedTurns);
if (options.repository) makeRepository(options.repository);

process.argv = [process.argv[0], options.program, ...options.arguments];
await import(pathToFileURL(options.program).href);

/**
 * Node names a compile cache's folder after the user id, which differs from runtime to runtime. So a folder of links, one per
 * cache of the read-only original, stands in for it.
 */
function useCompileCache(cache) {
  if (!cache) return;
  try {
    if (cache.original) {
      mkdirSync(cache.folder, { recursive: true });
      for (const name of readdirSync(cache.original)) {
        const link = join(cache.folder, `${name}-${process.getuid()}`);
        if (!existsSync(link)) symlinkSync(join(cache.original, name), link);
      }
    }
    module.enableCompileCache(cache.folder);
  } catch (error) {
    console.error(`clawpool: starting without a compile cache: ${error.message}`);
  }
}

/** A gateway that was ended while it wrote its list of sessions left the half of it beside it, and never comes back for it. */
function removeHalves(file) {
  try {
    const half = `${basename(file)}.`;
    for (const name of existsSync(dirname(file)) ? readdirSync(dirname(file)) : []) {
      if (name.startsWith(half) && name.endsWith('.tmp')) rmSync(join(dirname(file), name), { force: true });
    }
  } catch (error) {
    console.error(`clawpool: half-written files are left as they are: ${error.message}`);
  }
}

/** A turn that an earlier runtime left unfinished is not this one's to go on with: its message is sent again if it still counts. */
function closeUnfinishedTurns({ file, field, from, to }) {
  try {
    if (!existsSync(file)) return;
    const sessions = JSON.parse(readFileSync(file, 'utf8'));
    const unfinished = Object.values(sessions).filter((session) => session?.[field] === from);
    if (unfinished.length === 0) return;
    for (const session of unfinished) session[field] = to;
    writeFileSync(`${file}.clawpool`, JSON.stringify(sessions, null, 2), { mode: 0o600 });
    renameSync(`${file}.clawpool`, file);
  } catch (error) {
    console.error(`clawpool: unfinished turns are left as they are: ${error.message}`);
  }
}

/** So that git answers in the workspace. Our own files are left out of it. Where git is missing, nothing happens. */
function makeRepository({ folder, exclude, name, email }) {
  if (existsSync(join(folder, '.git'))) return;
  const git = spawn('git', ['-c', 'init.defaultBranch=main', 'init', '--quiet', folder], { stdio: 'ignore' });
  git.on('error', () => {});
  git.on('exit', (code) => {
    if (code !== 0) return;
    try {
      mkdirSync(join(folder, '.git/info'), { recursive: true });
      appendFileSync(join(folder, '.git/info/exclude'), exclude.map((path) => `/${path}\n`).join(''));
      appendFileSync(join(folder, '.git/config'), `[user]\n\tname = ${name}\n\temail = ${email}\n`);
    } catch (error) {
      console.error(`clawpool: the workspace's repository is incomplete: ${error.message}`);
    }
  });
}
