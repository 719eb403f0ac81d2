import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DirectoryDriver, DriverOptions } from '../sources/driver.ts';
import type { FakePlatform } from './fake-platform.ts';

export interface DriverUnderTest {
  vendor: string;
  start: () => Promise<FakePlatform>;
  create: (options: DriverOptions) => DirectoryDriver;
  app: { appId: string; appSecret: string };
  /** Ids as the platform makes them: of two departments, of which the second is in the first. */
  departmentIds: [string, string];
}

/** What every driver of a platform has to do, whatever the platform is called. */
export function describeDirectoryDriver({ vendor, start, create, app, departmentIds }: DriverUnderTest): void {
  const [upper, lower] = departmentIds;
  const { signal } = new AbortController();
  let platform: FakePlatform;
  let pauses: number[];
  let driver: DirectoryDriver;
  beforeEach(async () => {
    platform = await start();
    pauses = [];
    const wait = async (ms: number) => void pauses.push(ms);
    driver = create({ baseUrl: platform.url, ...app, wait });
    platform.departments = [
      { id: upper, name: 'Engineering' },
      { id: lower, name: 'Backend', parentId: upper },
    ];
    platform.people = [
      {
        id: 'p1',
        name: '张三',
        email: 'san@example.com',
        number: 'E-1',
        title: 'Engineer',
        departments: [lower, upper],
      },
      { id: 'p2', name: 'Li', ownEmail: 'Li@Example.com', departments: [upper] },
      { id: 'p3', name: 'Wu' },
      ...[4, 5, 6, 7].map((n) => ({ id: `p${n}`, name: `P ${n}`, departments: [lower] })),
    ];
  });
  afterEach(() => platform.close());

  describe(`the driver of ${vendor}`, () => {
    test('reads every page of every department, each person once', async () => {
      const { departments, people } = await driver.read(signal);
      expect(departments.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { id: lower, parentId: upper, name: 'Backend' },
        { id: upper, parentId: null, name: 'Engineering' },
      ]);
      expect(people.map(({ id }) => id).toSorted()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']);
    });

    test('tells of a person what is there, and null for what is not', async () => {
      const { people } = await driver.read(signal);
      const of = (id: string) => people.find((one) => one.id === id);
      expect(of('p1')).toEqual({
        ...{ id: 'p1', name: '张三', email: 'san@example.com', number: 'E-1', title: 'Engineer' },
        ...{ departmentId: lower, active: true, emailIsGiven: true },
      });
      expect(of('p2')).toMatchObject({ email: 'Li@Example.com', emailIsGiven: false });
      expect(of('p3')).toEqual({
        ...{ id: 'p3', name: 'Wu', email: null, number: null, title: null, departmentId: null, active: true },
        emailIsGiven: false,
      });
    });

    test('waits as long as it is told when it asks too often, then goes on', async () => {
      platform.limitNext(2, 7);
      expect((await driver.read(signal)).people).toHaveLength(7);
      expect(pauses).toEqual([7_000, 7_000]);
    });

    test('says so when it is asked too often again and again', async () => {
      platform.limitNext(1_000, 1);
      await expect(driver.read(signal)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/too often/u),
      });
    });

    test('tries again when a gateway on the way is broken', async () => {
      platform.breakNext(2);
      expect((await driver.read(signal)).people).toHaveLength(7);
    });

    test('takes a new token when the one it has is over, and keeps it otherwise', async () => {
      await driver.read(signal);
      await driver.read(signal);
      expect(platform.tokens).toBe(1);
      platform.expireTokens();
      expect((await driver.read(signal)).people).toHaveLength(7);
      expect(platform.tokens).toBeGreaterThan(1);
    });

    test('checks without reading everything, and says what is wrong with the app', async () => {
      await driver.check(signal);
      const other = create({ baseUrl: platform.url, ...app, appSecret: 'wrong', wait: async () => {} });
      await expect(other.check(signal)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/app/u),
      });
      platform.forbid();
      await expect(driver.check(signal)).rejects.toMatchObject({
        code: 'unavailable',
        hint: expect.stringMatching(/permissions/u),
      });
    });

    test('says so when nobody answers, or somebody else', async () => {
      await platform.close();
      await expect(driver.check(signal)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/does not answer/u),
      });
      platform = await start();
    });

    test('stops at once when it is told to', async () => {
      const stop = new AbortController();
      stop.abort(new Error('closing'));
      await expect(driver.read(stop.signal)).rejects.toThrow('closing');
    });
  });
}
