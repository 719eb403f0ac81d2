import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Clawpool</title>
<p>The console is not built. The API is here: <a href="/api/docs">/api/docs</a></p></html>`;

/** Whether an address without a file of its own is one of the console's pages, which its own router knows. */
export function isConsolePage({ method, url, headers }: FastifyRequest): boolean {
  const isPage = headers.accept === undefined || /text\/html|\*\/\*/.test(headers.accept);
  const [path = ''] = url.split('?', 1);
  return (method === 'GET' || method === 'HEAD') && isPage && !/^\/api(\/|$)/.test(path) && !/\.\w+$/.test(path);
}

/** Serves the built console. Returns the page to send for every address that `isConsolePage`. */
export async function serveConsole(
  fastify: FastifyInstance,
  folder: string | undefined,
): Promise<(reply: FastifyReply) => FastifyReply> {
  if (!folder || !existsSync(join(folder, 'index.html'))) {
    return (reply) =>
      reply.code(503).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(notBuilt);
  }
  await fastify.register(fastifyStatic, {
    root: folder,
    index: 'index.html',
    // The folder may be built again while we run.
    wildcard: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // The bundler puts a hash of its content into each name under assets/.
      const hashed = path.slice(folder.length).startsWith('/assets/');
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (reply) => reply.sendFile('index.html');
}
