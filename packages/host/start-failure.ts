import { MissingBlobError } from '@clawpool/checkpoints';
import type { RuntimeExit, RuntimeFailureReason, StartResult } from '@clawpool/contracts';
import { ClawpoolError, DamagedBlobError, RuntimeStartError } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import { PlantedFileError } from './tenant-files.ts';
import { OutdatedFilesError } from './tenant-folders.ts';

/** Why a runtime could not start or ended, for the person who waits for it. */
export type StartFailure = Omit<Extract<StartResult, { ok: false }>, 'ok'>;

/** What happens next, or what to do. */
const hints: Readonly<Record<RuntimeFailureReason, string>> = {
  image_missing: 'Ask the operator to remove the image’s folder; it is installed again when Clawpool starts.',
  driver_unavailable: 'Ask the operator to look at the host: agents cannot be isolated there now.',
  configuration_invalid: 'Ask the operator to look at the agent’s log and files.',
  storage_full: 'Free space on the host’s data disk. The agent is started again by itself.',
  memory_limit: 'Ask the operator to raise the memory limit of the agent’s tier.',
  start_timeout: 'The host may be overloaded. The agent is started again by itself.',
  exited: 'The agent is started again by itself. If it keeps happening, ask the operator to look at the agent’s log.',
  checkpoint_damaged: 'Ask the operator to restore the agent from an earlier backup.',
};

/** A start that came too late: what it was for has been done otherwise. */
export const outdated: StartFailure = {
  reason: 'exited',
  message: 'A newer start of this agent came first.',
  hint: 'Nothing needs to be done.',
};

/**
 * What an error before the gateway's own start means. Never throws. The person who waits reads the result: what the system said of
 * an unknown error, which names the host's folders, is for the agent's log only.
 */
export function failureOf(error: unknown): StartFailure {
  if (error instanceof RuntimeStartError) {
    const { reason, message } = error;
    return { reason, message, hint: hints[reason] };
  }
  if (error instanceof PlantedFileError) {
    return {
      reason: 'configuration_invalid',
      message: `The agent's files cannot be written: ${error.message}.`,
      hint: 'Ask the operator to look at the agent’s folder and to remove what does not belong there.',
    };
  }
  if (error instanceof OutdatedFilesError) return outdated;
  if (error instanceof DamagedBlobError || error instanceof MissingBlobError) {
    return {
      reason: 'checkpoint_damaged',
      message: 'The agent’s files cannot be restored: what is stored of them is damaged or incomplete.',
      hint: hints.checkpoint_damaged,
    };
  }
  if (error instanceof ClawpoolError && error.code !== 'storage_full') {
    return { reason: 'exited', message: error.message, hint: error.hint ?? hints.exited };
  }
  const code = error instanceof ClawpoolError ? 'ENOSPC' : (error as NodeJS.ErrnoException).code;
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'exited';
  return {
    reason,
    message:
      reason === 'storage_full'
        ? 'The host’s disk is full.'
        : `The host could not prepare what the agent needs${code ? ` (${code})` : ''}.`,
    hint: hints[reason],
  };
}

/** Why an image cannot be used. */
export function imageFailure(error: unknown): StartFailure {
  const failure = failureOf(error);
  return failure.reason === 'storage_full' ? failure : { ...failure, reason: 'image_missing' };
}

/** What the end of a runtime means that nobody asked for. `output` is what it wrote last. */
export function whyItEnded(
  profile: OpenClawProfile,
  exit: RuntimeExit,
  output: readonly string[],
  when: 'starting' | 'running',
): StartFailure {
  if (exit.outOfMemory) {
    return {
      reason: 'memory_limit',
      message: 'The agent used more memory than its tier allows and was ended.',
      hint: hints.memory_limit,
    };
  }
  if (when === 'starting') return profile.exitMeaning(exit.code, output);
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`;
  return { reason: 'exited', message: `The agent's runtime ended unexpectedly, ${how}.`, hint: hints.exited };
}
