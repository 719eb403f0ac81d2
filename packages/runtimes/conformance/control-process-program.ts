/** Started by the suite to be killed: starts one runtime, says so, and stays. */
import { argv, stdout } from 'node:process';
import type { RuntimeSpec } from '@clawpool/contracts';
import type { DriverFactory } from './pool.ts';

interface Options {
  module: string;
  factory: string;
  stateFolder: string;
  spec: RuntimeSpec;
  argv: [string, ...string[]];
  logFile: string;
}

const options = JSON.parse(argv[2] as string) as Options;
const loaded = (await import(options.module)) as Record<string, DriverFactory>;
const driver = (loaded[options.factory] as DriverFactory)({ stateFolder: options.stateFolder });
const place = await driver.prepare(options.spec);
await driver.start(options.spec, place, {
  argv: options.argv,
  env: { PATH: '/usr/bin:/bin' },
  cwd: place.folder,
  logFile: options.logFile,
});
stdout.write('started\n');
setInterval(() => {}, 60_000);
