// The two pipes of a tenant. Each connection is carried whole: either side may finish sending before the other, and an error on
// one side ends both.
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** While the gateway does not listen yet, a connection waits here and is tried again this often: cheap on loopback. */
const retryMs = 5;

/** in: whoever connects to the socket talks to the gateway's port, as soon as the gateway listens. */
export function offerGateway(socketPath, port) {
  rmSync(socketPath, { force: true });
  return serve({ path: socketPath }, (client) =>
    reach(client, () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }), true),
  );
}

/** out: whoever connects to the loopback port talks to the host. */
export function offerEgress(socketPath, port) {
  return serve({ port, host: '127.0.0.1' }, (client) =>
    reach(client, () => connect({ path: socketPath, allowHalfOpen: true }), false),
  );
}

function serve(address, onClient) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    client.on('error', () => client.destroy());
    onClient(client);
  });
  // Without its pipes a gateway is of no use: the host sees the exit and says why.
  server.on('error', (error) => {
    console.error(`clawpool: cannot listen on ${address.path ?? address.port}: ${error.message}`);
    process.exit(1);
  });
  return server.listen(address);
}

function reach(client, open, patient) {
  if (client.destroyed) return;
  const target = open();
  const refused = (error) => {
    target.destroy();
    if (patient && error.code === 'ECONNREFUSED') setTimeout(reach, retryMs, client, open, patient);
    else client.destroy();
  };
  target.once('error', refused);
  target.once('connect', () => {
    target.off('error', refused);
    tie(client, target);
  });
}

function tie(client, target) {
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
  target.on('error', () => client.destroy());
  client.pipe(target);
  target.pipe(client);
  client.resume();
}
