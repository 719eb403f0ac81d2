import { expect, test } from 'vitest';
import { createTurnQueue } from './turn-queue.ts';

const never = new AbortController().signal;

function arrivals() {
  const queue = createTurnQueue();
  const inside: string[] = [];
  const enter = async (name: string, alone: boolean, signal: AbortSignal = never) => {
    const leave = await queue.enter(alone, signal);
    if (leave === null) return null;
    inside.push(name);
    return () => {
      inside.splice(inside.indexOf(name), 1);
      leave();
    };
  };
  return { enter, inside };
}

test('turns are side by side; one that wants to be alone waits for them, and who comes later waits for it', async () => {
  const { enter, inside } = arrivals();
  const first = await enter('first', false);
  const second = await enter('second', false);
  const test = enter('test', true);
  const later = enter('later', false);
  const another = enter('another', false);
  first?.();
  await Promise.resolve();
  expect(inside).toEqual(['second']);
  second?.();
  const endTest = await test;
  expect(inside).toEqual(['test']);
  endTest?.();
  await Promise.all([later, another]);
  expect(inside).toEqual(['later', 'another']);
});

test('two that want to be alone are so, one after the other', async () => {
  const { enter, inside } = arrivals();
  const one = await enter('one', true);
  const two = enter('two', true);
  expect(inside).toEqual(['one']);
  one?.();
  await two;
  expect(inside).toEqual(['two']);
});

test('whoever gives up waiting is not waited for', async () => {
  const { enter, inside } = arrivals();
  const first = await enter('first', false);
  const abort = new AbortController();
  const test = enter('test', true, abort.signal);
  const later = enter('later', false);
  abort.abort();
  expect(await test).toBeNull();
  await later;
  expect(inside).toEqual(['first', 'later']);
  first?.();
  expect(await enter('over', true, AbortSignal.abort())).toBeNull();
});
