import type { Person } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { previewWorkspace } from './preview.ts';
import { sampleAgent } from './sample-agent.ts';
import { composeWorkspace } from './workspace.ts';

const layers = (changes: Partial<ReturnType<typeof sampleAgent>['layers']>) =>
  sampleAgent({ layers: { global: '', position: '', personal: '', ...changes } });
const lines = (count: number) => Array.from({ length: count }, (_, n) => `This is line number ${n}.`).join('\n');
const warningsOf = (agent: ReturnType<typeof sampleAgent>) => previewWorkspace(agent).warnings;

describe('the preview of an agent’s files', () => {
  test.each([true, false])('is what is written, byte for byte (control plane: %j)', (callsControlPlane) => {
    const agent = sampleAgent({ about: 'Hello.', channels: [], skills: [{ name: 'travel', content: 'How to.' }] });
    const written = composeWorkspace(agent, { callsControlPlane }).filter(({ path }) => !path.startsWith('skills/'));
    const { files } = previewWorkspace(agent, { callsControlPlane });
    expect(files.map(({ path, content }) => ({ path, content }))).toEqual(written);
  });

  test('says how large each may be; a file that OpenClaw does not read by itself has no limit', () => {
    const { files } = previewWorkspace(sampleAgent({ channels: [] }));
    expect(files.map(({ path, limit }) => [path, limit])).toEqual([
      ...['SOUL.md', 'AGENTS.md', 'IDENTITY.md', 'USER.md', 'TOOLS.md'].map((path) => [path, 19_500]),
      ['CHANNELS.md', null],
    ]);
    for (const { content, characters } of files) expect(characters).toBe(content.length);
  });

  test('warns of nothing when all is well', () => {
    expect(warningsOf(sampleAgent())).toEqual([]);
  });

  test('says of which layer how much is left out', () => {
    const agent = layers({ global: lines(400), position: lines(400), personal: 'No room.\nAt all.' });
    const { files, warnings } = previewWorkspace(agent);
    const left = Number(/\((\d+) more lines left out/u.exec(files[0]?.content ?? '')?.[1]);
    expect(warnings.filter(({ kind }) => kind === 'cut')).toEqual([
      { kind: 'cut', scope: 'position', lines: left },
      { kind: 'cut', scope: 'personal', lines: 2 },
    ]);
  });

  test('says that a file is nearly full before something is left out', () => {
    const warnings = warningsOf(layers({ global: lines(720).slice(0, 17_500) }));
    expect(warnings).toEqual([{ kind: 'nearly_full', path: 'SOUL.md', characters: expect.any(Number), limit: 19_500 }]);
  });

  test('names headings that belong to other sections', () => {
    expect(warningsOf(layers({ global: 'x', personal: '# Identity\nA pirate.\n\n## Global' }))).toEqual([
      { kind: 'renamed_heading', scope: 'personal', title: 'Identity' },
      { kind: 'renamed_heading', scope: 'personal', title: 'Global' },
    ]);
  });

  test('tells how much of MEMORY.md the agent sees: what the other files leave of the total', () => {
    const withMemory = (agent: ReturnType<typeof sampleAgent>, memoryCharacters: number | null) =>
      previewWorkspace(agent, { memoryCharacters });
    expect(withMemory(sampleAgent(), null)).toMatchObject({
      memory: { characters: null, limit: 20_000 },
      warnings: [],
    });
    const [carol] = sampleAgent().directory;
    const directory = Array.from({ length: 500 }, (_, n) => ({ ...carol, id: `${n}`, name: `Person ${n}` }) as Person);
    const full = { ...layers({ global: lines(400), position: lines(400) }), directory, about: lines(150) };
    const { files, memory } = withMemory(full, 19_000);
    const taken = files.filter(({ limit }) => limit !== null).reduce((sum, { characters }) => sum + characters, 0);
    expect(taken + memory.limit).toBeLessThanOrEqual(60_000);
    expect(memory.limit).toBeLessThan(19_000);
    expect(withMemory(full, 19_000).warnings).toContainEqual({
      ...{ kind: 'memory_cut', characters: 19_000, limit: memory.limit, total: 60_000 },
    });
    expect(withMemory(sampleAgent(), 19_000).warnings).toEqual([
      { kind: 'nearly_full', path: 'MEMORY.md', characters: 19_000, limit: 20_000 },
    ]);
    expect(withMemory(sampleAgent(), 20_001).warnings).toMatchObject([{ kind: 'memory_cut', limit: 20_000 }]);
  });

  test('says when nothing can be seen', () => {
    expect(warningsOf(layers({ global: 'x', personal: '\u200b\u2060' }))).toMatchObject([
      { kind: 'empty', scope: 'personal' },
    ]);
    expect(warningsOf(layers({}))).toMatchObject([{ kind: 'empty', scope: null }]);
  });
});
