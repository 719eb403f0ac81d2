import { appendFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { BlobStore, EgressPorts, RunningTurns, RuntimeDriver, RuntimeTokens } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import type { RuntimeImage } from './image.ts';

/** What every runtime of one image is started with on this host. */
export interface RuntimeSetting {
  driver: RuntimeDriver;
  image: RuntimeImage;
  profile: OpenClawProfile;
  tokens: RuntimeTokens;
  turns: RunningTurns;
  /** Where the files of messages and answers are. */
  attachments: BlobStore;
  egress: (tenantId: string) => RequestListener;
  /** Which hosts a tenant may reach. */
  connections: EgressPorts & { allowPrivateAddresses: boolean };
  folders: {
    /** Tenants' own folders, each named by its id, and warm slots' until they are a tenant's. */
    tenants: string;
    /** The folder of one runtime's sockets; short enough for the driver. */
    sockets: (id: string) => string;
    configurations: string;
    logs: string;
    /** Copies of what agents remember, while somebody only tries them out. */
    memories: string;
    guest: string;
    /** Null: none, or it is to be filled. */
    compileCache: string | null;
  };
  fillCompileCache: boolean;
  /** uid and gid of what a tenant reads and owns; undefined when we are no root and everything is ours. */
  owner: (uid: number) => number | undefined;
}

export const logFileOf = (folders: { logs: string }, id: string): string => join(folders.logs, `${id}.log`);

export const memoryCopyOf = (folders: { memories: string }, tenantId: string): string =>
  join(folders.memories, `${tenantId}.json`);

/** What happened on our side of the boundary, for the operator, beside what the runtime itself wrote. */
export async function noteInLog(folders: { logs: string }, id: string, error: unknown): Promise<void> {
  const line = `[clawpool] ${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}\n`;
  await appendFile(logFileOf(folders, id), line, { mode: 0o600 }).catch(() => {}); // the disk may be what is wrong
}
