import type { AgentDefinition, ToolName, TurnContext, TurnFailureReason } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import { profile as profile_2026_3 } from './profiles/2026.3.ts';
import { profile as profile_2026_6 } from './profiles/2026.6.ts';
import type { WorkspaceFile } from './workspace.ts';

/**
 * Everything that differs between OpenClaw's version lines, and the only place where it is known: what is written, how the
 * gateway is started, and what is said to it over HTTP. Pure: the same input gives the same bytes.
 */
export interface OpenClawProfile {
  /** For example `2026.6`: profiles are chosen by version line. */
  readonly line: string;
  /** OpenClaw's names of the tools that these of ours stand for, sorted; what is always allowed is among them. */
  toolNames(tools: readonly ToolName[]): string[];
  /** Folders the gateway needs inside the tenant's folder. */
  readonly folders: readonly string[];
  /** Where the agent's workspace is inside the tenant's folder. */
  readonly workspace: string;
  /**
   * What the gateway keeps for itself below the tenant's folder and makes anew where it is missing: nothing of it is the agent's, some of
   * it is secret (the token for the model gateway) or held open while the gateway runs. It is in no checkpoint, and stays behind when
   * the tenant's files move to another runtime. Files or folders; none is inside another.
   */
  readonly runtimeState: readonly string[];
  /** Files the tenant cannot change: mounted read-only as `place.configurationFolder`. */
  configuration(input: ProfileInput): WorkspaceFile[];
  /** Files the gateway itself writes to as well, relative to the tenant's folder. Written before every start. */
  state(input: ProfileInput): WorkspaceFile[];
  /** The gateway's whole environment. */
  environment(place: ProfilePlace): Record<string, string>;
  /** Flags for Node itself, before the program. */
  readonly nodeFlags: readonly string[];
  /** The program that is the gateway, relative to the image's root, and its arguments. */
  readonly program: { file: string; arguments: readonly string[] };
  /** Folder of ES modules, relative to the image's root, whose imports of each other need no look-up; see the guest. */
  readonly flatModules: string;
  /**
   * Where the gateway keeps which sessions are in the middle of a turn: a JSON object of objects, relative to the tenant's
   * folder. Before a start, `field` is changed from `from` to `to` in each: a gateway must not go on by itself with what an
   * earlier one left unfinished, since whoever asked sends the message again.
   */
  readonly unfinishedTurns: { file: string; field: string; from: string; to: string };
  /**
   * Where the gateway keeps its sessions, relative to the tenant's folder: `index` is a JSON object of objects by session key, each with
   * the `sessionId` that the names of its files in `folder` begin with.
   */
  readonly sessions: { folder: string; index: string; key(session: string): string };
  /** Whether it reads the files that make the agent before every turn. Where it does not, a session keeps those it began with. */
  readonly readsFilesEachTurn: boolean;
  /** Whether it calls tools of the control plane: by MCP over HTTP, at `/mcp` of the out pipe, with the model token as bearer. */
  readonly callsControlPlane: boolean;
  /** The line of the gateway's output that says that it has read a changed configuration again. */
  readonly configurationRead: RegExp;
  /** Answers 200 once turns are accepted. */
  readonly readinessPath: string;
  /** One message as an HTTP request to the gateway, answered with server-sent events. */
  turnRequest(turn: TurnInput): GatewayRequest;
  /**
   * Whether the gateway ends a turn whose caller hangs up, with the tool that it is at. Where it does not, only ending the turn's model
   * calls ends it.
   */
  readonly cancelsOnDisconnect: boolean;
  /**
   * Whether the gateway says so when an answer broke off. Where it does not, the answer looks complete or empty, and whether the model
   * failed is known to the model gateway alone.
   */
  readonly tellsFailures: boolean;
  /** Milliseconds after which the gateway has ended a turn by itself; the caller need not wait longer. */
  readonly longestTurnMs: number;
  /** What the `data` of one server-sent event says. Unknown events say nothing. */
  answerEvent(data: string): AnswerEvent[];
  /** Why a turn's whole text is no answer at all, where the gateway reports a failure as text. */
  answerFailure(text: string): TurnFailure | null;
  /** What an answer with another status than 200 means. */
  refusal(status: number, body: string): TurnFailure;
  /** What the end of a gateway that was never ready means, from its exit code and last output. */
  exitMeaning(code: number | null, output: readonly string[]): ExitMeaning;
}

/** The paths and ports as the gateway sees them. */
export interface ProfilePlace {
  tenantFolder: string;
  temporaryFolder: string;
  imageFolder: string;
  /** Holds the files of `configuration`. */
  configurationFolder: string;
  gatewayPort: number;
  egressPort: number;
}

export interface ProfileInput {
  agent: AgentDefinition;
  place: ProfilePlace;
  /** What the host shows to the gateway. */
  gatewayToken: string;
  /** What the gateway shows to the model gateway. */
  modelToken: string;
  /** Travels with every model call: which configuration the runtime used. */
  revision: string;
}

export interface TurnInput {
  turnId: string;
  /** `emp__carol__…` */
  session: string;
  text: string;
  context: TurnContext;
  /** Files that came with the message. */
  uploads?: readonly TurnUploadPlace[];
  /** Files that make the agent which are not what the session began with; only where `readsFilesEachTurn` is false. */
  replaced?: readonly WorkspaceFile[];
  gatewayToken: string;
}

export interface TurnUploadPlace {
  /** Relative to the workspace. */
  path: string;
  mediaType: string;
  /** Null: it could not be put there. */
  bytes: number | null;
}

export interface GatewayRequest {
  method: 'POST';
  path: string;
  headers: Record<string, string>;
  body: string;
}

export type AnswerEvent = { type: 'delta'; text: string } | { type: 'end' } | { type: 'failed'; failure: TurnFailure };

export interface TurnFailure {
  reason: TurnFailureReason;
  message: string;
  /** The same message may be sent again, because the agent has not seen it. */
  retry: boolean;
}

export interface ExitMeaning {
  reason: 'configuration_invalid' | 'storage_full' | 'memory_limit' | 'image_missing' | 'exited';
  message: string;
  hint: string;
}

const profiles: readonly OpenClawProfile[] = [profile_2026_6, profile_2026_3];

/** The profile for an OpenClaw version, such as `2026.6.35`. Throws `invalid_request` when no line fits. */
export function openclawProfile(version: string): OpenClawProfile {
  const found = profiles.find(({ line }) => version === line || version.startsWith(`${line}.`));
  if (found) return found;
  const known = profiles.map(({ line }) => `${line}.x`).join(', ');
  throw new ClawpoolError(
    'invalid_request',
    `There is no profile for OpenClaw ${version === '' ? '(no version given)' : version}`,
    `Use an image with one of the versions Clawpool knows: ${known}.`,
  );
}
