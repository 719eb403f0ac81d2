import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createModelGateway, modelEnvironment, parseModelSettings } from '@clawpool/models';
import { firstTokenOf } from './first-token.ts';

/** The reference: `openclaw gateway` as a person would start it by hand, with default settings, asked as soon as it is ready. */
export interface BareGateway {
  /** Milliseconds from starting the process to the first token of its first answer. */
  startToFirstToken(): Promise<number>;
  close(): Promise<void>;
}

/** `imageFolder` holds the same OpenClaw and Node that Clawpool's tenants run. It answers with the same demo model. */
export async function createBareGateway(imageFolder: string): Promise<BareGateway> {
  const node = join(imageFolder, `node_modules/node-linux-${process.arch}/bin/node`);
  const openclaw = join(imageFolder, 'node_modules/openclaw/openclaw.mjs');
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-bench-bare-'));
  const model = await serveDemoModel();
  let round = 0;

  async function startToFirstToken(): Promise<number> {
    const home = join(folder, String(++round));
    const port = 21_000 + round * 10;
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'openclaw.json'), JSON.stringify(configuration(port, home, model)));
    const startedAt = performance.now();
    const gateway = spawn(node, [openclaw, 'gateway', 'run'], {
      cwd: home,
      stdio: 'ignore',
      env: {
        PATH: '/usr/bin:/bin',
        HOME: home,
        // Kept between rounds: OpenClaw fills its compile cache below it, as on a person's machine.
        TMPDIR: folder,
        OPENCLAW_STATE_DIR: join(home, 'state'),
        OPENCLAW_CONFIG_PATH: join(home, 'openclaw.json'),
      },
    });
    try {
      await untilReady(gateway, port);
      const readyAt = performance.now();
      return readyAt - startedAt + (await firstTokenOf(() => ask(port)));
    } finally {
      gateway.kill('SIGKILL');
      await once(gateway, 'exit');
    }
  }
  return {
    startToFirstToken,
    close: async () => {
      model.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const token = 'a-token-of-the-benchmark';

/** The least that makes it answer over HTTP; everything else is OpenClaw's default. */
const configuration = (port: number, home: string, model: { url: string; token: string }) => ({
  gateway: {
    mode: 'local',
    port,
    auth: { mode: 'token', token },
    http: { endpoints: { chatCompletions: { enabled: true } } },
  },
  models: {
    providers: {
      demo: {
        baseUrl: model.url,
        apiKey: model.token,
        api: 'openai-completions',
        models: [{ id: 'demo', name: 'Demo', input: ['text'], contextWindow: 128_000, maxTokens: 8_192 }],
      },
    },
  },
  agents: { defaults: { model: { primary: 'demo/demo' }, workspace: join(home, 'workspace') } },
});

async function untilReady(gateway: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (gateway.exitCode !== null) throw new Error(`the bare gateway ended with ${gateway.exitCode}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(20);
  }
}

async function ask(port: number): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openclaw', stream: true, messages: [{ role: 'user', content: 'Who are you?' }] }),
  });
  if (!response.body) throw new Error(`the bare gateway answered ${response.status}`);
  return response.body;
}

/** Clawpool's demo model on a port of its own, so that both sides wait for the same model. */
async function serveDemoModel() {
  const gateway = createModelGateway({
    settings: parseModelSettings(modelEnvironment({})),
    ports: {
      policyFor: async (tenantId) => ({
        organizationId: 'bench',
        tenantId,
        tools: new Set(),
        models: ['demo/demo'],
        maxCallsPerTurn: 1_000_000,
        positionName: 'Bench',
      }),
      recordUsage: async () => {},
      recordRefusal: async () => {},
      recordToolCall: async () => {},
    },
  });
  const server = createServer(gateway.handler('bare')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    token: gateway.tokens.issue('bare', 1),
    close: () => {
      server.close();
      server.closeAllConnections();
      void gateway.close();
    },
  };
}
