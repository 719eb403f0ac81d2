export type {
  AnswerEvent,
  ExitMeaning,
  GatewayRequest,
  OpenClawProfile,
  ProfileInput,
  ProfilePlace,
  TurnFailure,
  TurnInput,
} from './profile.ts';
export { openclawProfile } from './profile.ts';
export type { WorkspaceFile } from './workspace.ts';
export { agentOwnedPaths, composeWorkspace } from './workspace.ts';
