import type { OperationKind } from '@clawpool/contracts';
import { requestOf } from './operation.ts';
import { atRest, type Plan, ran, type Step } from './plan.ts';
import { applySize, changeSize, undoSize } from './steps/change-size.ts';
import { makeClone } from './steps/clone.ts';
import {
  beginWithCheckpoint,
  copyFiles,
  lookForRoomOnTarget,
  moveFiles,
  removeFromSource,
  restoreFiles,
  undoFiles,
  undoMove,
} from './steps/files.ts';
import { pauseRuntime, resumeRuntime } from './steps/freeze.ts';
import { changeImage, installImage, lacksImage, provideImage, undoImage } from './steps/image.ts';
import { backUpBeforeDelete, removeTenant } from './steps/remove.ts';
import { startRuntime } from './steps/start.ts';
import { backUp, checkpointAfterStop, checkpointBeforeStop, stopRuntime } from './steps/stop.ts';
import { hostOf, tenantOf, type Work } from './world.ts';

const start: Step = {
  name: 'start',
  phase: 'placing',
  run: startRuntime,
};
/** Of what had a runtime before. */
const startAgain: Step = { ...start, isNeeded: ran };

const checkpoint: Step = { name: 'checkpoint', phase: 'backing_up', run: checkpointBeforeStop };
/** Of what OpenClaw wrote while it ended: then the newest checkpoint is all there is, and the next start may be a warm slot. */
const checkpointAfter: Step = { name: 'checkpoint-after', phase: 'backing_up', run: checkpointAfterStop };
const stopFor = (options: Parameters<typeof stopRuntime>[1]): Step => ({
  name: 'stop',
  phase: 'stopping',
  run: (work) => stopRuntime(work, options),
});
/** For what is started again at the end: between the two it is a tenant without a runtime. */
const stopMeanwhile: Step = {
  name: 'stop',
  phase: 'stopping',
  run: (work) => stopRuntime(work, ran(work) ? { to: atRest(work.operation.progress.stateBefore) } : {}),
};
const backUpBefore = (cause: 'before_rebuild' | 'before_restore' | 'backup', note?: string): Step => ({
  name: 'back-up',
  phase: 'backing_up',
  isNeeded: ({ operation: { request } }) => !('skipBackup' in request && request.skipBackup),
  run: (work) => backUpWhatThereIs(work, cause, note),
});

/** How an operation of each kind is done. */
export const plans: Readonly<Record<OperationKind, Plan>> = {
  create: {
    steps: [
      { name: 'install', phase: 'installing_image', isNeeded: lacksImage, run: installImage },
      {
        name: 'copy',
        phase: 'copying_files',
        isNeeded: ({ operation: { progress } }) =>
          progress.cloneFrom !== undefined && progress.checkpointId === undefined,
        run: copyFiles,
      },
      {
        name: 'begin',
        phase: 'restoring_files',
        isNeeded: ({ operation }) => operation.progress.checkpointId !== undefined,
        run: beginWithCheckpoint,
      },
      { ...start, isNeeded: ({ operation: { request } }) => request.kind === 'create' && request.start },
    ],
  },
  start: { steps: [start] },
  wake: { steps: [start] },
  stop: { steps: [checkpoint, stopFor({ to: 'stopped' }), checkpointAfter] },
  hibernate: {
    steps: [
      checkpoint,
      { ...stopFor({}), run: (work) => stopRuntime(work, { to: 'hibernated', onlyIdle: !evenAtWork(work) }) },
      checkpointAfter,
    ],
  },
  restart: { steps: [checkpoint, stopMeanwhile, start] },
  pause: { steps: [{ name: 'pause', phase: 'stopping', run: pauseRuntime }] },
  resume: { steps: [{ name: 'resume', phase: 'starting', run: resumeRuntime }] },
  reset: {
    steps: [
      backUpBefore('backup', 'before a reset'),
      stopMeanwhile,
      { name: 'reset', phase: 'removing', run: resetFiles },
      startAgain,
    ],
    startsAgain: true,
  },
  rebuild: {
    steps: [
      { name: 'install', phase: 'installing_image', run: provideImage },
      backUpBefore('before_rebuild'),
      stopMeanwhile,
      { name: 'change', phase: 'stopping', run: changeImage },
      startAgain,
    ],
    undo: undoImage,
    startsAgain: true,
  },
  resize: {
    steps: [
      { name: 'size', phase: 'placing', run: changeSize },
      { name: 'limits', phase: 'starting', run: applySize },
    ],
    undo: undoSize,
  },
  backup: {
    steps: [
      {
        name: 'back-up',
        phase: 'backing_up',
        run: async (work) => {
          const { note, pinned } = requestOf(work.operation, 'backup');
          work.operation.result.checkpointId = (await backUp(work, 'backup', { note, pinned })).id;
        },
      },
    ],
  },
  restore: {
    steps: [
      backUpBefore('before_restore'),
      stopFor({ meanwhile: 'restoring' }),
      { name: 'restore', phase: 'restoring_files', run: restoreFiles },
      startAgain,
    ],
    undo: undoFiles,
    startsAgain: true,
  },
  clone: { steps: [{ name: 'copy', phase: 'copying_files', run: makeClone }] },
  migrate: {
    steps: [
      { name: 'look', phase: 'placing', run: lookForRoomOnTarget },
      checkpoint,
      stopFor({ meanwhile: 'migrating' }),
      { name: 'move', phase: 'copying_files', run: moveFiles },
      startAgain,
      { name: 'remove', phase: 'removing', run: removeFromSource },
    ],
    undo: undoMove,
    startsAgain: true,
  },
  delete: {
    steps: [
      { name: 'back-up', phase: 'backing_up', run: backUpBeforeDelete },
      stopFor({ meanwhile: 'deleting' }),
      { name: 'remove', phase: 'removing', run: removeTenant },
    ],
    startsAgain: true,
  },
};

/** The process ends: what its runtimes are doing ends with it, and the next process does it again. */
const evenAtWork = ({ operation }: Work) => operation.requestedBy === 'shutdown';

/**
 * Of what could be lost by the operation. A tenant that needs attention may have nothing that can be read any more, and has to come out
 * of that all the same.
 */
async function backUpWhatThereIs(
  work: Work,
  cause: 'before_rebuild' | 'before_restore' | 'backup',
  note: string | undefined,
): Promise<void> {
  const { progress } = work.operation;
  const tenant = await tenantOf(work);
  if (tenant.checkpointId === null && tenant.generation === 0) return;
  try {
    await backUp(work, cause, note === undefined ? {} : { note });
  } catch (error) {
    if (progress.stateBefore !== 'requires_attention') throw error;
    work.world.onError(error);
  }
}

async function resetFiles(work: Work): Promise<void> {
  const { hostId, id } = await tenantOf(work);
  if (hostId !== null) await hostOf(work.world, hostId).resetFiles(id);
}
