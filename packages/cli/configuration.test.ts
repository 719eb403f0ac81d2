import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Flags, resolveConfiguration } from './configuration.ts';
import { readEnvironment } from './env.ts';

describe('the configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clawpool-configuration-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has defaults for everything', () => {
    expect(resolve({}, {}).configuration).toEqual({
      port: 8099,
      bind: '127.0.0.1',
      data: '/opt/clawpool/.clawpool/data',
      databaseUrl: undefined,
      publicUrl: undefined,
      trustedProxies: [],
      driver: undefined,
      unsafeProcessDriver: false,
      privateWebhooks: false,
      privateEgress: false,
      demo: false,
      models: expect.objectContaining({ providers: {} }),
      blobs: {},
    });
  });

  it('takes a flag before the environment, the environment before the file, the file before the default', () => {
    const config = write({ port: 1111, bind: '10.0.0.1', data: 'of-file', demo: true });
    expect(resolve({ config }, {}).configuration).toMatchObject({ port: 1111, bind: '10.0.0.1', demo: true });
    expect(resolve({ config }, { PORT: '2222' }).configuration).toMatchObject({ port: 2222, bind: '10.0.0.1' });
    expect(resolve({ config, port: 3333 }, { PORT: '2222' }).configuration).toMatchObject({ port: 3333 });
    expect(resolve({ config }, { CLAWPOOL_DATA: 'of-environment' }).configuration.data).toBe(
      join(folder, 'of-environment'),
    );
    expect(resolve({ config, data: '/of/flag' }, { CLAWPOOL_DATA: 'x' }).configuration.data).toBe('/of/flag');
  });

  it('reads a path in the file relative to the file, and one on the command line relative to where it was typed', () => {
    mkdirSync(join(folder, 'etc'));
    write({ data: '../pool' }, 'etc/clawpool.json');
    expect(resolve({ config: 'etc/clawpool.json' }, {}).configuration.data).toBe(join(folder, 'pool'));
    expect(resolve({ data: 'pool' }, {}).configuration.data).toBe(join(folder, 'pool'));
  });

  it('takes from the file how many messages an agent works on at once, within what is sensible', () => {
    expect(resolve({ config: write({ turnsPerAgent: 8 }) }, {}).configuration.turnsPerAgent).toBe(8);
    expect(() => resolve({ config: write({ turnsPerAgent: 0 }) }, {})).toThrow('turnsPerAgent');
  });

  it('takes from the file for how many days operations are kept, within what is sensible', () => {
    const { configuration } = resolve({ config: write({ operationsKeptDays: 90 }) }, {});
    expect(configuration.operationsKeptDays).toBe(90);
    expect(() => resolve({ config: write({ operationsKeptDays: 0 }) }, {})).toThrow('operationsKeptDays');
  });

  it('takes the process driver from the flag that consents to it', () => {
    expect(resolve({ unsafeProcessDriver: true }, {}).configuration).toMatchObject({
      driver: 'process',
      unsafeProcessDriver: true,
    });
  });

  it('lays the environment’s model settings over the file’s, key by key', () => {
    const config = write({
      models: {
        providers: { openai: { apiKey: 'of-file', baseUrl: 'http://file.example/v1' } },
        model: 'openai/small',
      },
    });
    const { models } = resolve({ config }, { ANTHROPIC_API_KEY: 'of-environment' }).configuration;
    expect(models.providers.openai).toMatchObject({ apiKey: 'of-file', baseUrl: 'http://file.example/v1' });
    expect(models.providers.anthropic).toMatchObject({ apiKey: 'of-environment' });
    expect(models.model).toBe('openai/small');
    const over = resolve({ config }, { OPENAI_API_KEY: 'of-environment' }).configuration.models;
    expect(over.providers.openai).toMatchObject({ apiKey: 'of-environment', baseUrl: 'http://file.example/v1' });
  });

  it('takes the model from one place and its provider’s key from the other', () => {
    const key = write({ models: { providers: { anthropic: { apiKey: 'of-file' } } } }, 'key.json');
    expect(resolve({ config: key }, { CLAWPOOL_MODEL: 'anthropic/x' }).configuration.models).toMatchObject({
      ...{ model: 'anthropic/x', providers: { anthropic: { apiKey: 'of-file' } } },
    });
    const model = write({ models: { model: 'openai/qwen3:8b' } }, 'model.json');
    const own = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://localhost:11434/v1' };
    expect(resolve({ config: model }, own).configuration.models.model).toBe('openai/qwen3:8b');
  });

  it('stores checkpoints where the file says, with the environment’s key before the file’s', () => {
    const s3 = { bucket: 'pool', endpoint: 'http://minio.internal:9000', pathStyle: true };
    const config = write({ blobs: { s3, encryption: { keys: ['of-file'], kms: { keyId: 'k' } } } });
    expect(resolve({ config }, {}).configuration.blobs).toEqual({
      s3: { ...s3, prefix: '', region: 'us-east-1' },
      encryption: { keys: ['of-file'], kms: { keyId: 'k' } },
    });
    const over = resolve({ config }, { CLAWPOOL_BLOB_KEY: 'new, old' }).configuration.blobs;
    expect(over.encryption).toEqual({ keys: ['new', 'old'], kms: { keyId: 'k' } });
    expect(resolve({}, { CLAWPOOL_BLOB_KEY: 'new' }).configuration.blobs).toEqual({ encryption: { keys: ['new'] } });
  });

  it('reads the blob folder relative to the file', () => {
    const config = write({ blobs: { folder: 'blobs' } });
    expect(resolve({ config }, {}).configuration.blobs).toEqual({ folder: join(folder, 'blobs') });
  });

  it('refuses an unknown key among the blob settings', () => {
    expect(refused({ config: write({ blobs: { s3: { bucket: 'b', regoin: 'x' } } }) }).message).toContain(
      'unknown key: blobs.s3.regoin',
    );
  });

  it.each([
    [{ port: '80' }, 'port', 'Allowed: a whole number from 1 to 65535.'],
    [{ port: 0 }, 'port', 'Allowed: a whole number from 1 to 65535.'],
    [{ driver: 'vm' }, 'driver', 'Allowed: "sandbox" or "process".'],
    [{ demo: 'yes' }, 'demo', 'Allowed: true or false.'],
    [{ databaseUrl: 'mysql://x' }, 'databaseUrl', 'Allowed: postgres://user:password@host:port/database.'],
    [{ publicUrl: 'pool.example' }, 'publicUrl', 'Allowed: an http:// or https:// address.'],
  ])('refuses %j, naming the file, the key and what is allowed', (value, key, hint) => {
    const config = write(value);
    const error = refused({ config });
    expect(error.message).toContain(config);
    expect(error.message).toContain(` ${key} is not valid`);
    expect(error.hint).toBe(hint);
  });

  it('refuses an unknown key, and lists the known ones', () => {
    const error = refused({ config: write({ prot: 1 }) });
    expect(error.message).toContain('unknown key: prot');
    expect(error.hint).toContain('port, bind, data');
  });

  it('refuses an unknown key among the model settings', () => {
    const error = refused({ config: write({ models: { providers: { openia: { apiKey: 'k' } } } }) });
    expect(error.message).toContain('unknown key: models.providers.openia');
  });

  it('refuses a wrong model setting without repeating a key', () => {
    const error = refused({
      config: write({ models: { providers: { openai: { apiKey: 'sk-secret', baseUrl: 'nowhere' } } } }),
    });
    expect(error.message).toContain('models.providers.openai.baseUrl');
    expect(error.message).not.toContain('sk-secret');
  });

  it('tells where a file is not JSON, without quoting it', () => {
    const config = join(folder, 'clawpool.json');
    writeFileSync(config, '{\n  "models": sk-secret }');
    const error = refused({ config });
    expect(error.message).toContain(`${config} is not JSON`);
    expect(error.message).not.toContain('sk-');
  });

  it('says when the file is not there', () => {
    expect(refused({ config: 'gone.json' }).message).toContain('gone.json cannot be read (ENOENT)');
  });

  it('warns when others may read a file with secrets, and only then', () => {
    const secret = write({ models: { providers: { anthropic: { apiKey: 'k' } } } }, 'secret.json', 0o644);
    expect(resolve({ config: secret }, {}).warnings.join()).toContain(`chmod 600 ${secret}`);
    chmodSync(secret, 0o600);
    expect(resolve({ config: secret }, {}).warnings).toEqual([]);
    const keys = write({ blobs: { encryption: { keys: ['k'] } } }, 'keys.json', 0o644);
    expect(resolve({ config: keys }, {}).warnings.join()).toContain('chmod 600');
    const open = write({ port: 8100 }, 'open.json', 0o644);
    expect(resolve({ config: open }, {}).warnings).toEqual([]);
  });

  function resolve(flags: Flags, variables: Record<string, string>) {
    return resolveConfiguration(flags, readEnvironment({ CLAWPOOL_HOME: '/opt/clawpool', ...variables }), folder);
  }

  function refused(flags: Flags): ClawpoolError {
    try {
      resolve(flags, {});
    } catch (error) {
      if (error instanceof ClawpoolError) return error;
      throw error;
    }
    throw new Error('was accepted');
  }

  function write(value: unknown, name = 'clawpool.json', mode = 0o600): string {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    chmodSync(path, mode);
    return path;
  }
});
