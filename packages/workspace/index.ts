export { memoryLimit, previewWorkspace } from './preview.ts';
export type {
  AnswerEvent,
  ExitMeaning,
  GatewayRequest,
  OpenClawProfile,
  ProfileInput,
  ProfilePlace,
  TurnFailure,
  TurnInput,
  TurnUploadPlace,
} from './profile.ts';
export { openclawProfile } from './profile.ts';
export { oneLine } from './text.ts';
export { sessionContext } from './turn-text.ts';
export type { WorkspaceFile } from './workspace.ts';
export { agentOwnedPaths, composeWorkspace, isInPrompt, sessionContextFile } from './workspace.ts';
