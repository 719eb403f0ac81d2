import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';

/**
 * Connects to the socket on which a runtime's gateway answers.
 *
 * The tenant can write to the folder, and connecting by path follows symbolic links: a hostile tenant could
 * lead us, with our rights, to any socket of the host. So the file is opened without following links and without opening
 * what is behind it, looked at, and connected to as exactly that file.
 *
 * @param socketFolder the spec's socket folder
 * @returns a connected socket
 * @throws the system's error, for example `ENOENT` or `ECONNREFUSED` while nobody listens yet; `ENOTSOCK` for anything else there
 */
export async function connectToRuntime(socketFolder: string): Promise<Socket> {
  const file = await open(join(socketFolder, 'in.sock'), pathOnly | constants.O_NOFOLLOW);
  const isSocket = await file.stat().then((found) => found.isSocket());
  if (isSocket) return connected(file);
  await file.close();
  throw Object.assign(new Error('in.sock is not a socket'), { code: 'ENOTSOCK' });
}

/** O_PATH (open(2)): a name for a file, without opening it. Node has no constant for it; x86-64 and arm64 share the value. */
const pathOnly = 0o10000000;

/** Nothing happens between the connection and its hand-over, so that the caller misses no event of the socket. */
function connected(file: FileHandle): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(`/proc/self/fd/${file.fd}`);
    const fail = (error: Error) => {
      void file.close();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      void file.close();
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
