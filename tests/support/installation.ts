import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Installation, type InstallationOptions, startInstallation } from '@clawpool/cli';
import { modelEnvironment, parseModelSettings } from '@clawpool/models';
import { pino } from 'pino';
import { type Person, signIn } from './person.ts';

export interface TestInstallation extends Installation {
  data: string;
  /** A sample person, signed in with a password of their own. */
  person(id: string): Promise<Person>;
  /** Stops and starts it again on the same data. */
  restart(): Promise<void>;
}

/** A whole installation in this process, on a free port, with the sample organization, in a temporary folder that goes with it. */
export async function startTestInstallation({
  withConsole = false,
  ...changes
}: Partial<InstallationOptions> & { withConsole?: boolean } = {}): Promise<TestInstallation> {
  const data = await mkdtemp(join(tmpdir(), 'clawpool-installation-'));
  const options: InstallationOptions = {
    home: join(import.meta.dirname, '../..'),
    version: 'test',
    logger: pino({ level: 'silent' }),
    ...(withConsole ? {} : { consoleFolder: null }),
    port: 0,
    bind: '127.0.0.1',
    data,
    databaseUrl: undefined,
    publicUrl: undefined,
    trustedProxies: [],
    driver: undefined,
    unsafeProcessDriver: false,
    privateWebhooks: false,
    privateEgress: false,
    demo: true,
    models: parseModelSettings(modelEnvironment({})),
    blobs: {},
    ...changes,
  };
  let running = await startInstallation(options).catch(async (error: unknown) => {
    await rm(data, { recursive: true, force: true });
    throw error;
  });
  const passwords = new Map<string, string>();
  const first = running.sample?.password ?? '';
  const current = (): TestInstallation => ({
    ...running,
    data,
    person: async (id) => {
      const person = await signIn(running.url, `${id}@acme.example`, passwords.get(id) ?? first);
      passwords.set(id, person.password);
      return person;
    },
    restart: async () => {
      await running.close();
      running = await startInstallation(options);
      Object.assign(test, current());
    },
    close: async () => {
      await running.close();
      await rm(data, { recursive: true, force: true });
    },
  });
  const test = current();
  return test;
}
