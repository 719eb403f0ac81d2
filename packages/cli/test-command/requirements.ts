import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { toolEnvironment, toolFolders } from '../env.ts';

/** A program of the system that tests use, and the package that brings it in each of the three families. */
interface Requirement {
  purpose: string;
  /** Any of them will do. */
  programs: string[];
  packages: { apt: string[]; dnf: string[]; apk: string[] };
}

const requirements: Requirement[] = [
  { purpose: 'the agents run it', programs: ['git'], packages: { apt: ['git'], dnf: ['git'], apk: ['git'] } },
  {
    purpose: 'the examples for integrators use it',
    programs: ['curl'],
    packages: { apt: ['curl'], dnf: ['curl'], apk: ['curl'] },
  },
  {
    purpose: 'the browser tests drive it',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    packages: { apt: ['chromium', 'chromium-sandbox', 'fonts-liberation'], dnf: ['chromium'], apk: ['chromium'] },
  },
];

/** Installs the programs that tests need and the machine lacks, where it may. What stays missing makes its tests fail by themselves. */
export function provideRequirements(say: (line: string) => void): void {
  const missing = requirements.filter(({ programs }) => !programs.some(isInstalled));
  for (const { purpose, programs, packages } of missing) {
    say(`Installing ${programs[0]}, which is missing (${purpose}), from the system's packages`);
    const output = install(packages);
    if (output !== null) say(`It could not be installed; install ${programs[0]} yourself.\n${output}`.trimEnd());
  }
}

function isInstalled(program: string): boolean {
  return toolFolders().some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Null when it worked, else what the package manager said. */
function install(packages: Requirement['packages']): string | null {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const commands = isInstalled('apt-get')
    ? [
        ['apt-get', 'update', '-q'],
        ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages.apt],
      ]
    : isInstalled('dnf')
      ? [['dnf', 'install', '-y', '-q', ...packages.dnf]]
      : isInstalled('apk')
        ? [['apk', 'add', '--quiet', ...packages.apk]]
        : [];
  if (commands.length === 0) return 'Neither apt-get nor dnf nor apk is here.';
  for (const command of commands) {
    const [program = '', ...argv] = [...asRoot, ...command];
    const result = spawnSync(program, argv, {
      env: toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (result.status !== 0) return `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
  }
  return null;
}
