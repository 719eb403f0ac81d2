import type { IncomingMessage } from 'node:http';
import { ClawpoolError } from '@clawpool/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { letItTakeLong } from './slow-bodies.ts';

/** Bodies of this media type are left to the route, unread. */
export function acceptUploads(fastify: FastifyInstance, mediaType: string): void {
  if (fastify.hasContentTypeParser(mediaType)) return;
  fastify.addContentTypeParser(mediaType, (_request: unknown, _payload: unknown, done: (error: null) => void) =>
    done(null),
  );
}

/** A page of another origin cannot send such a type without asking first, and a wrong file is told at once. */
export function refuseOtherMedia(request: FastifyRequest, mediaType: string): void {
  const given = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (given === mediaType) return;
  throw new ClawpoolError(
    'invalid_request',
    'The body is not the file that is expected here.',
    `Send it with content-type: ${mediaType}.`,
  );
}

/** Longer than any pause of a connection that lives. */
const idleMs = 60_000;

/**
 * The body as it arrives, for one reader, which is never ahead of the network nor behind it by more than a buffer. Errors:
 * `invalid_request` when it breaks off or stands still. A reader that stops early is fine: the response is sent all the same, and the
 * rest of the body is thrown away with the connection.
 */
export async function* openUpload({ raw }: FastifyRequest, reply: FastifyReply): AsyncGenerator<Uint8Array> {
  letItTakeLong(raw);
  const chunks = raw.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const { value, done } = await nextInTime(raw, chunks);
      if (done) return;
      yield value;
    }
  } finally {
    if (!raw.complete) throwAway(raw, reply);
  }
}

async function nextInTime(
  raw: IncomingMessage,
  chunks: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array>> {
  const timer = setTimeout(() => raw.destroy(new Error('stands still')), idleMs);
  try {
    return await chunks.next();
  } catch (error) {
    throw new ClawpoolError('invalid_request', 'The upload broke off.', 'Send the file again.', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads on for a moment, since a sender that cannot send does not read the answer. */
function throwAway(raw: IncomingMessage, reply: FastifyReply): void {
  reply.header('connection', 'close');
  raw.resume();
  setTimeout(() => raw.destroy(), 5_000).unref();
}
