/** How blobs are named and written: as they are, or encrypted. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherGCM,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { BlobKey } from './blob-keys.ts';

export interface Seal {
  nameOf(hash: string): string;
  /** Null: the name is not one of this seal's. */
  hashOf(name: string): string | null;
  /** What content of that many bytes takes once it is sealed. */
  sizeOf(bytes: number): number;
  sealing(): Transformation;
  /** `finish` throws when what came is not what was sealed. */
  opening(): Transformation;
}

/** Piece by piece; what is left comes with `finish`. */
interface Transformation {
  update(piece: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}

export const plainSeal: Seal = {
  nameOf: inFolder,
  hashOf: (name) => (/^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(name) ? name.replace('/', '') : null),
  sizeOf: (bytes) => bytes,
  sealing: asItIs,
  opening: asItIs,
};

const format = Buffer.from('CPB1');
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = format.length + nonceBytes;

/**
 * Content: AES-256-GCM with a random nonce, good for 2^32 blobs per key (NIST SP 800-38D, 8.3).
 * Names: the SHA-256 of the content, encrypted deterministically and so that it can be turned back (SIV, as in RFC 5297, with HMAC-SHA-256
 * and AES-256-CTR): without the key a name tells nothing of the content, with it collection knows what is stored without reading it.
 */
export function sealWith({ secret }: BlobKey): Seal {
  const contentKey = derive(secret, 'content');
  const nameKey = derive(secret, 'name');
  const nameTagKey = derive(secret, 'name tag');
  const tagOf = (hash: Buffer) => createHmac('sha256', nameTagKey).update(hash).digest().subarray(0, 16);

  return {
    nameOf: (hash) => {
      const plain = Buffer.from(hash, 'hex');
      const tag = tagOf(plain);
      const cipher = createCipheriv('aes-256-ctr', nameKey, tag);
      return inFolder(Buffer.concat([tag, cipher.update(plain), cipher.final()]).toString('hex'));
    },
    hashOf: (name) => {
      if (!/^[0-9a-f]{2}\/[0-9a-f]{94}$/.test(name)) return null;
      const sealed = Buffer.from(name.replace('/', ''), 'hex');
      const tag = sealed.subarray(0, 16);
      const decipher = createDecipheriv('aes-256-ctr', nameKey, tag);
      const hash = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]);
      return timingSafeEqual(tag, tagOf(hash)) ? hash.toString('hex') : null;
    },
    sizeOf: (bytes) => headerBytes + bytes + tagBytes,
    sealing: () => encryption(contentKey),
    opening: () => decryption(contentKey),
  };
}

function encryption(key: Buffer): Transformation {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(format);
  let header: Buffer = Buffer.concat([format, nonce]);
  const withHeader = (bytes: Buffer) => {
    const joined = Buffer.concat([header, bytes]);
    header = Buffer.alloc(0);
    return joined;
  };
  return {
    update: (piece) => withHeader(cipher.update(piece)),
    finish: () => {
      const rest = cipher.final();
      return withHeader(Buffer.concat([rest, cipher.getAuthTag()]));
    },
  };
}

/** The tag comes last, so the last bytes seen are always held back. */
function decryption(key: Buffer): Transformation {
  let held: Buffer = Buffer.alloc(0);
  let decipher: DecipherGCM | undefined;
  return {
    update: (piece) => {
      held = Buffer.concat([held, piece]);
      if (!decipher) {
        if (held.length < headerBytes) return Buffer.alloc(0);
        if (!held.subarray(0, format.length).equals(format)) throw new Error('it is not encrypted as expected');
        const nonce = held.subarray(format.length, headerBytes);
        decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
        decipher.setAAD(format);
        held = held.subarray(headerBytes);
      }
      const ready = Math.max(0, held.length - tagBytes);
      const plain = decipher.update(held.subarray(0, ready));
      held = held.subarray(ready);
      return plain;
    },
    finish: () => {
      if (!decipher || held.length !== tagBytes) throw new Error('it is cut off');
      return decipher.setAuthTag(held).final();
    },
  };
}

const derive = (secret: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `clawpool blob ${purpose}`, 32));

/** 256 folders keep each of them small. */
function inFolder(name: string): string {
  return `${name.slice(0, 2)}/${name.slice(2)}`;
}

function asItIs(): Transformation {
  return { update: (piece) => piece, finish: () => new Uint8Array(0) };
}
