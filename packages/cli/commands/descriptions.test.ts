import type { Status } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { createTerminal } from '../terminal.ts';
import { describeState } from './chat.ts';
import { newLines } from './logs.ts';
import { describeStatus } from './status.ts';
import { localUrl } from './up.ts';
import { describeInstallation } from './up-summary.ts';

const now = Date.parse('2026-01-01T00:01:00.000Z');
const { style } = createTerminal({ out: { write: () => {} }, err: { write: () => {} }, color: false });

const status: Status = {
  version: '1.0.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  data: '/data',
  database: { kind: 'embedded', version: '18.4' },
  driver: {
    name: 'sandbox',
    isolates: true,
    why: 'It works.',
    limits: { memory: 'cgroup-v2', pids: 'cgroup-v2', cpu: 'none' },
    notes: ['a note'],
  },
  image: 'openclaw-2026.6.35',
  model: { provider: 'demo', model: 'demo', fallback: null },
  tenants: { total: 27, running: 2, failed: 1 },
  turns: { waiting: 0, running: 1 },
};

describe('what the commands show', () => {
  it('status: what is enforced, and what is not', () => {
    const text = describeStatus(status, 'http://127.0.0.1:8099', now);
    expect(text).toContain(
      'Driver    sandbox: It works.\n          limits: memory (cgroup-v2), processes (cgroup-v2)\n',
    );
    expect(text).toContain('not limited here: CPU');
    expect(text).toContain('note: a note');
    expect(text).toContain('(1 min 0 s)');
    expect(text).toContain('2 running, 1 failed, 27 in all');
  });

  it('status: an alarm when agents are not isolated', () => {
    const unsafe = { ...status, driver: { ...status.driver, isolates: false } };
    expect(describeStatus(unsafe, 'http://x', now)).toContain('NOT ISOLATED');
  });

  it('chat: the truth about a turn that waits', () => {
    const turn = {
      id: 't',
      origin: 'portal' as const,
      position: 0,
      acts: [],
      state: 'blocked' as const,
      reason: 'storage_full' as const,
      message: 'The disk is full.',
      hint: 'An operator has to free space.',
      retryAt: '2026-01-01T00:02:00.000Z',
      acceptedAt: '2026-01-01T00:00:00.000Z',
      finishedAt: null,
    };
    expect(describeState(turn)).toBe(
      'blocked: The disk is full. An operator has to free space. It is tried again at 2026-01-01T00:02:00.000Z. Ctrl-C withdraws the message.',
    );
    expect(describeState({ ...turn, state: 'waking' })).toBe('waking the agent…');
  });

  it.each([
    [['a', 'b'], ['a', 'b', 'c'], ['c']],
    [['a', 'b', 'c'], ['b', 'c', 'd'], ['d']],
    [['a', 'a'], ['a', 'a', 'a'], ['a']],
    [['a'], ['x', 'y'], ['x', 'y']],
    [['a', 'b'], ['a', 'b'], []],
    [[], ['a'], ['a']],
  ])('logs --follow: after %j, %j adds %j', (before, after, added) => {
    expect(newLines(before, after)).toEqual(added);
  });

  describe('up', () => {
    const installation = {
      url: 'http://localhost:8099',
      firstAdmin: { email: 'admin@clawpool.local', password: 'aaaa-bbbb' },
      sample: { password: 'cccc-dddd' },
      database: status.database,
      host: {
        ...status.driver,
        driver: 'sandbox' as const,
        image: status.image,
        images: [{ id: status.image, installed: true, typicalMemoryMegabytes: 512 }],
        capacity: { cpus: 2, memoryMegabytes: 8192, diskMegabytes: 100_000, diskFreeMegabytes: 50_000 },
        limits: { memory: 'cgroup-v2', pids: 'cgroup-v2', cpu: 'none' } as const,
      },
      model: status.model,
    };
    const configuration = { data: '/data', bind: '127.0.0.1', publicUrl: undefined, demo: true };
    const context = { took: '1.0 s', logFile: '/data/logs/clawpool.log', style };

    it('prints address, sign-in, data, driver, model and log', () => {
      const text = describeInstallation(installation, configuration, context);
      expect(text).toContain('Clawpool is ready (1.0 s)');
      expect(text).toContain('Console   http://localhost:8099\n');
      expect(text).toContain('admin@clawpool.local  password aaaa-bbbb');
      expect(text).toContain('must be changed at the first sign-in');
      expect(text).toContain('carol@acme.example');
      expect(text).toContain('with the password cccc-dddd,');
      expect(text).toContain('Data      /data\n');
      expect(text).toContain('sandbox: It works.');
      expect(text).toContain('ANTHROPIC_API_KEY');
    });

    it('prints no password when there is none to show', () => {
      const text = describeInstallation({ ...installation, firstAdmin: null, sample: null }, configuration, context);
      expect(text).not.toMatch(/password/i);
    });

    it('does not explain how to connect a model when one is', () => {
      const real = { ...installation, model: { provider: 'anthropic', model: 'm', fallback: 'demo/demo' } };
      const text = describeInstallation(real, configuration, context);
      expect(text).toContain('Model     anthropic/m, then demo/demo\n');
      expect(text).not.toContain('ANTHROPIC_API_KEY');
    });

    it('warns when other machines can reach it, and when agents are not isolated', () => {
      const text = describeInstallation(
        { ...installation, host: { ...installation.host, isolates: false } },
        { ...configuration, bind: '0.0.0.0', publicUrl: 'https://pool.example' },
        context,
      );
      expect(text).toContain('https://pool.example');
      expect(text).toContain('put a proxy with TLS before it');
      expect(text).toContain('WITHOUT isolation');
    });

    it.each([
      ['127.0.0.1', 'http://127.0.0.1:8099'],
      ['0.0.0.0', 'http://127.0.0.1:8099'],
      ['localhost', 'http://127.0.0.1:8099'],
      ['::1', 'http://[::1]:8099'],
      ['192.0.2.7', 'http://192.0.2.7:8099'],
    ])('bound to %s tells the other commands %s', (bind, url) => {
      expect(localUrl(bind, 'http://localhost:8099')).toBe(url);
    });
  });
});
