import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answerGuard, guarded } from './handshake.ts';

function start(script: string) {
  const [program, ...options] = guarded(['/bin/sh', '-c', script]);
  const child = spawn(program, options, { env: { GIVEN: 'yes' }, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const output: string[] = [];
  (child.stdout as Readable).on('data', (chunk) => output.push(String(chunk)));
  return { child, pipe: child.stdio[3] as Duplex, closed: once(child, 'close'), output };
}

describe('the guard in front of a command', () => {
  it('becomes the command once it is answered, and closes its pipe before', async () => {
    const { pipe, closed, output } = start('echo "$GIVEN"; (echo >&3) 2>/dev/null || echo closed');
    expect(await answerGuard(pipe, new AbortController().signal)).toBe(true);
    expect(await closed).toEqual([0, null]);
    expect(output.join('')).toBe('yes\nclosed\n');
  });

  it('ends without starting the command when nobody is there to answer', async () => {
    const { pipe, closed, output } = start('echo started');
    await once(pipe, 'data');
    pipe.destroy();
    expect(await closed).toEqual([1, null]);
    expect(output).toEqual([]);
  });

  it('is not waited for when everything around it ended', async () => {
    const { child, pipe } = start('echo started');
    child.kill('SIGKILL');
    expect(await answerGuard(pipe, AbortSignal.abort())).toBe(false);
  });
});
