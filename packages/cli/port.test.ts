import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requireFreePort } from './port.ts';

describe('the port', () => {
  it('may be used when nobody has it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(requireFreePort(port, '127.0.0.1')).resolves.toBeUndefined();
  });

  it('that is in use is named with who has it, and another is offered', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(requireFreePort(port, '127.0.0.1')).rejects.toMatchObject({
      code: 'conflict',
      message: `Port ${port} is in use by node (process ${process.pid}).`,
      hint: expect.stringContaining(`--port ${port + 1}`),
    });
    server.close();
  });

  it('needs an address of this machine', async () => {
    await expect(requireFreePort(8099, '192.0.2.1')).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'This machine has no address 192.0.2.1.',
    });
  });
});
