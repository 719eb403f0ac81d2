import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Clawpool's own version, from the package.json of the checkout at `home`. */
export function readVersion(home: string): string {
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  return version;
}
