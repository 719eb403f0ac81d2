import { ClawpoolError } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { modelEnvironment, modelPreferences, parseModelSettings } from './settings.ts';

const chosen = (env: Record<string, string>) => modelPreferences(parseModelSettings(modelEnvironment(env)));
const complaint = (env: Record<string, string>): ClawpoolError => {
  try {
    parseModelSettings(modelEnvironment(env));
  } catch (error) {
    if (error instanceof ClawpoolError) return error;
  }
  throw new Error('no complaint');
};

describe('model settings from the environment', () => {
  it('choose the demo model without any key', () => {
    expect(chosen({})).toEqual(['demo/demo']);
    expect(chosen({ ANTHROPIC_API_KEY: '  ', OPENAI_API_KEY: '' })).toEqual(['demo/demo']);
  });

  it('choose the default model of the provider whose key is there', () => {
    expect(chosen({ ANTHROPIC_API_KEY: 'k' })[0]).toMatch(/^anthropic\/claude-/);
    expect(chosen({ OPENAI_API_KEY: 'k' })[0]).toMatch(/^openai\/gpt-/);
    expect(chosen({ AWS_PROFILE: 'work', AWS_REGION: 'eu-west-1' })[0]).toMatch(/^bedrock\/.*claude/);
    expect(chosen({ AWS_BEARER_TOKEN_BEDROCK: 'k', AWS_DEFAULT_REGION: 'us-east-1' })[0]).toMatch(/^bedrock\//);
  });

  it('do not take AWS credentials without a region for a wish to use Bedrock', () => {
    expect(chosen({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' })).toEqual(['demo/demo']);
  });

  it('take the model and the fallback that are asked for', () => {
    const env = {
      ANTHROPIC_API_KEY: 'k',
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: 'http://localhost:11434/v1',
      CLAWPOOL_MODEL: 'openai/qwen/qwen3:8b',
      CLAWPOOL_FALLBACK_MODEL: 'anthropic/claude-x',
    };
    expect(chosen(env)).toEqual(['openai/qwen/qwen3:8b', 'anthropic/claude-x']);
  });

  it('ask which model to use on a server of the own', () => {
    expect(complaint({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://localhost:1/v1' }).hint).toContain(
      'CLAWPOOL_MODEL',
    );
  });

  it('name the variable that is wrong, and never its value', () => {
    const bad = complaint({ ANTHROPIC_API_KEY: 'sk-secret', ANTHROPIC_BASE_URL: 'secret-host' });
    expect(bad.message).toContain('ANTHROPIC_BASE_URL');
    expect(`${bad.message} ${bad.hint}`).not.toContain('secret');
    expect(complaint({ CLAWPOOL_MODEL: 'claude' }).message).toContain('CLAWPOOL_MODEL');
    expect(complaint({ AWS_PROFILE: 'p', AWS_REGION: 'Frankfurt' }).message).toContain('AWS_REGION');
  });

  it('refuse a model whose provider has no key', () => {
    const bad = complaint({ CLAWPOOL_MODEL: 'openai/gpt-6-sol' });
    expect(bad.message).toContain('CLAWPOOL_MODEL');
    expect(bad.hint).toContain('demo');
  });
});
