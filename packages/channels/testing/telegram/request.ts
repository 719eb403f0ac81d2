import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface BotRequest {
  parameters: Record<string, unknown>;
  /** By the names that `attach://` refers to. */
  files: Map<string, { name: string; content: Uint8Array }>;
}

/** The parameters of a call: JSON, or multipart/form-data where a file comes with it. */
export async function readRequest(request: IncomingMessage): Promise<BotRequest> {
  const body = await buffer(request);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) {
    return {
      parameters: body.length === 0 ? {} : (JSON.parse(body.toString()) as Record<string, unknown>),
      files: new Map(),
    };
  }
  const boundary = /boundary=(.+)$/.exec(type)?.[1];
  return boundary === undefined ? { parameters: {}, files: new Map() } : readMultipart(body, boundary);
}

function readMultipart(body: Buffer, boundary: string): BotRequest {
  const read: BotRequest = { parameters: {}, files: new Map() };
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark) + mark.length + 2;
  for (let end = body.indexOf(mark, at); end !== -1; end = body.indexOf(mark, at)) {
    const part = body.subarray(at, end - 2);
    at = end + mark.length + 2;
    const border = part.indexOf('\r\n\r\n');
    const headers = part.subarray(0, border).toString();
    const content = part.subarray(border + 4);
    const name = /[;\s]name="([^"]*)"/.exec(headers)?.[1] ?? '';
    const fileName = /filename="?([^";\r\n]*)"?/.exec(headers)?.[1];
    if (fileName === undefined) read.parameters[name] = fieldOf(content.toString());
    else read.files.set(name, { name: fileName, content });
  }
  return read;
}

/** Objects come as JSON, everything else as it is. */
function fieldOf(value: string): unknown {
  return /^[[{]/.test(value) ? JSON.parse(value) : value === 'true' ? true : value;
}
