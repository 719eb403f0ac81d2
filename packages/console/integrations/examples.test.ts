import { execFileSync } from 'node:child_process';
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { curlExample, openaiExample } from './examples.ts';

const call = { baseUrl: 'https://pool.example', secret: 'cpk_abc-DEF_1', model: 'support' };

describe('the examples for a new key', () => {
  it('call the OpenAI-compatible endpoint with curl, in any shell', () => {
    // printf in place of curl: what the shell makes of the line is what curl would be given.
    const script = curlExample({ ...call, model: "it's" }).replace(/^curl/, "printf '%s\\n'");
    const given = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    expect(given.slice(0, 5)).toEqual([
      'https://pool.example/v1/chat/completions',
      '-H',
      'Authorization: Bearer cpk_abc-DEF_1',
      '-H',
      'Content-Type: application/json',
    ]);
    expect(JSON.parse(given[6] ?? '')).toEqual({
      model: "it's",
      messages: [{ role: 'user', content: 'Who are you?' }],
    });
  });

  it('are valid JavaScript for the openai client', () => {
    const example = openaiExample(call);
    expect(() => stripTypeScriptTypes(example)).not.toThrow();
    expect(example).toContain('"https://pool.example/v1"');
    expect(example).toContain('"cpk_abc-DEF_1"');
  });
});
