import { describe, expect, it } from 'vitest';
import { createSteps } from './steps.ts';
import { createTerminal } from './terminal.ts';

const style = createTerminal({ out: { write: () => {} }, err: { write: () => {} }, color: false }).style;

describe('steps', () => {
  it('tell name, outcome and duration in plain lines where nobody watches', async () => {
    const { steps, written, pass } = plainSteps();
    const work = async () => {
      pass(1_500);
      return '18.4';
    };
    expect(await steps.run('Database', work, (version) => `PostgreSQL ${version}`)).toBe('18.4');
    expect(written()).toBe('Database: PostgreSQL 18.4 (1.5 s)\n');
  });

  it('tell progress of what takes long, now and then', async () => {
    const { steps, written, pass } = plainSteps();
    await steps.run('Image', async (progress) => {
      progress('starting');
      pass(6_000);
      progress('half');
      pass(1_000);
      progress('soon');
    });
    expect(written()).toBe('Image: half\nImage: done (7.0 s)\n');
  });

  it('tell which step failed, and throw what it threw', async () => {
    const { steps, written } = plainSteps();
    const failing = steps.run('Driver', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(written()).toBe('Driver: failed (0.0 s)\n');
  });

  it('share one live line on a terminal, which is gone in the end', async () => {
    let written = '';
    const out = { isTTY: true, columns: 200, write: (text: string) => (written += text) };
    const steps = createSteps({ out, style, live: true, now: () => 0 });
    await Promise.all([steps.run('One', async () => {}), steps.run('Two', async () => {})]);
    expect(written).toContain('… One 0.0 s, Two 0.0 s');
    expect(written.endsWith('\r\u001b[K✓ Two  0.0 s\n')).toBe(true);
  });
});

function plainSteps() {
  let written = '';
  let time = 0;
  const out = { write: (text: string) => (written += text) };
  return {
    steps: createSteps({ out, style, live: false, now: () => time }),
    written: () => written,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}
