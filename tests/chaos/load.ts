import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationRequest } from '@clawpool/contracts';
import type { World } from './chaos.ts';

export interface Talk {
  tenantId: string;
  /** What the agent wrote into `acknowledged.txt`, one line each, in turns that were answered. */
  acknowledged: string[];
}

/** How long a message may take while things are killed, before the next one is sent without knowing. */
const answerWithinMs = 120_000;

/** Talks to one employee's agent until it ends: every message has it write a line, remembered when the answer has come. */
export async function talk(world: World, employeeId: string): Promise<Talk> {
  const { attempt, random } = world;
  const acknowledged: string[] = [];
  let conversationId: string | undefined;
  for (let number = 1; world.goesOn(); number += 1) {
    conversationId ??= (await attempt((client) => client.call('startConversation', { body: { employeeId } })))?.id;
    const line = `${employeeId}-${number}`;
    if (conversationId && (await say(world, conversationId, line))) acknowledged.push(line);
    await sleep(random.between(100, 4_000));
  }
  return { tenantId: employeeId, acknowledged };
}

/** True when the turn was answered, and the agent says that it did it. */
async function say({ attempt }: World, conversationId: string, line: string): Promise<boolean> {
  const params = { conversationId };
  const body = { text: `Run \`echo ${line} >> acknowledged.txt\``, clientMessageId: `chaos-${line}` };
  const until = Date.now() + answerWithinMs;
  let turnId: string | undefined;
  while (Date.now() < until) {
    // The same message again, until it is acknowledged: it counts once.
    turnId ??= (await attempt((client) => client.call('sendMessage', { params, body })))?.turn.id;
    const found = turnId ? await attempt((client) => client.call('conversation', { params })) : null;
    const answer = found?.messages.find((message) => message.turnId === turnId && message.role === 'agent');
    if (answer) return answer.text.includes(line);
    await sleep(400);
  }
  return false;
}

const plainKinds = ['start', 'stop', 'restart', 'hibernate', 'wake', 'pause', 'resume', 'reset', 'backup'] as const;

/** Makes tenants and does everything to them that can be done, and the quick things to those that are talked to. */
export async function operate(world: World, talkers: readonly string[]): Promise<Record<string, number>> {
  const { attempt, random } = world;
  const ended: Record<string, number> = {};
  const count = (what: string) => {
    ended[what] = (ended[what] ?? 0) + 1;
  };
  let made = 0;
  while (world.goesOn()) {
    const listed = await attempt((client) => client.call('listTenants', { query: { group: 'chaos', limit: 50 } }));
    const tenants = listed?.tenants ?? [];
    if (listed && tenants.length < 4) {
      made += 1;
      const body = { name: `chaos-${made}`, group: 'chaos', clientToken: `chaos-${made}-${world.data}` };
      count((await attempt((client) => client.call('createTenant', { body }))) ? 'create' : 'create refused');
    } else if (listed) {
      const request = choose(world, made);
      const quick = request.kind === 'hibernate' || request.kind === 'backup' || request.kind === 'restart';
      const tenantId = quick && random.between(0, 2) === 0 ? random.pick(talkers) : random.pick(tenants).id;
      if (request.kind === 'clone') made += 1;
      const done = await attempt((client) =>
        client.call('operateTenant', { params: { tenantId }, body: { ...request, clientToken: undefined } }),
      );
      count(done ? request.kind : `${request.kind} refused`);
      if (request.kind === 'pause' && done) await attemptResume(world, tenantId);
    }
    await sleep(random.between(300, 2_500));
  }
  return ended;
}

function choose({ random }: World, made: number): OperationRequest {
  switch (random.between(0, 6)) {
    case 0:
      return { kind: 'clone', name: `chaos-${made + 1}`, start: true };
    case 1:
      return { kind: 'delete', keepData: random.between(0, 2) === 0, skipBackup: random.between(0, 2) === 0 };
    case 2:
      return { kind: 'resize', memoryMegabytes: random.pick([768, 1024, 1536]) };
    default:
      return { kind: random.pick(plainKinds), note: '', pinned: false } as OperationRequest;
  }
}

async function attemptResume({ attempt, random }: World, tenantId: string): Promise<void> {
  await sleep(random.between(200, 2_000));
  await attempt((client) => client.call('operateTenant', { params: { tenantId }, body: { kind: 'resume' } }));
}
