import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** What a route that answers with a file hands over. */
export interface Download {
  file: Readable;
  /** To save it under; what is no letter, digit, dot or hyphen becomes `_`. */
  name: string;
}

/**
 * Sends a file while it is read. A reader that is gone ends the reading. What fails before the first byte is an ordinary error; later
 * the connection breaks, so that nobody takes half a file for a whole one.
 */
export function sendDownload(reply: FastifyReply, mediaType: string, { file, name }: Download): FastifyReply {
  return reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"`)
    .send(file);
}
