export { exportTree } from './archive/export-tree.ts';
export { type ImportedTree, type ImportLimits, importTree } from './archive/import-tree.ts';
export type { TreeDescription } from './archive/manifest.ts';
export {
  type BlobStoreSettings,
  blobSettingsFromEnvironment,
  blobStoreSettings,
  openBlobFolder,
  openBlobStore,
} from './blobs/settings.ts';
export { type RestoreOptions, restoreFolder } from './restore/restore-folder.ts';
export { type SnapshotOptions, snapshotFolder } from './snapshot/snapshot-folder.ts';
export { type FoundFile, findInTree } from './tree/find-in-tree.ts';
export { MissingBlobError } from './tree/read-tree.ts';
export { referencesOf } from './tree/references.ts';
export { type TreeProblem, type TreeVerification, verifyTree } from './tree/verify.ts';
