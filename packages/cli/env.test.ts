import { afterEach, describe, expect, it, vi } from 'vitest';
import { readEnvironment, toolEnvironment } from './env.ts';

describe('the environment', () => {
  it('counts empty variables as unset', () => {
    expect(readEnvironment({ PORT: '', DATABASE_URL: '', CLAWPOOL_DATA: '' })).toMatchObject({
      port: undefined,
      databaseUrl: undefined,
      data: undefined,
    });
  });

  it('reads what is set', () => {
    const environment = readEnvironment({
      PORT: '9000',
      CLAWPOOL_HOME: '/opt/clawpool',
      CLAWPOOL_BIND: '::1',
      CLAWPOOL_PUBLIC_URL: 'https://pool.example',
      DATABASE_URL: 'postgresql://u:p@db/clawpool',
    });
    expect(environment).toMatchObject({
      port: 9000,
      home: '/opt/clawpool',
      bind: '::1',
      publicUrl: 'https://pool.example',
      databaseUrl: 'postgresql://u:p@db/clawpool',
    });
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '0'],
    ['PORT', '70000'],
    ['PORT', '80.5'],
    ['CLAWPOOL_BIND', 'everywhere'],
    ['CLAWPOOL_PUBLIC_URL', 'ftp://pool.example'],
    ['DATABASE_URL', 'mysql://secret@host/x'],
  ])('refuses %s=%s, naming the variable and not repeating a secret', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(
      `The environment variable ${name} is not valid: it must be `,
    );
    expect(() => readEnvironment({ [name]: value })).not.toThrow('secret');
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
  ])('has for %j the colour %s', (variables, color) => {
    expect(readEnvironment(variables).color).toBe(color);
  });
});

describe('the environment of our own tools', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('keeps how the machine reaches the registries, in either case', () => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/etc/company.pem');
    vi.stubEnv('https_proxy', 'http://proxy.example:3128');
    vi.stubEnv('npm_config_registry', 'https://mirror.example');
    expect(toolEnvironment()).toMatchObject({
      NODE_EXTRA_CA_CERTS: '/etc/company.pem',
      https_proxy: 'http://proxy.example:3128',
      npm_config_registry: 'https://mirror.example',
    });
  });

  it('leaves out what the person keeps for their own programs', () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant');
    vi.stubEnv('DATABASE_URL', 'postgres://u:p@db/own');
    vi.stubEnv('npm_config__authToken', 'secret');
    expect(Object.values(toolEnvironment())).not.toContain('sk-ant');
    expect(Object.values(toolEnvironment())).not.toContain('postgres://u:p@db/own');
    expect(Object.values(toolEnvironment())).not.toContain('secret');
  });
});
