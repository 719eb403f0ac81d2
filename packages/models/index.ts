export { commandRules } from './command-rules.ts';
export type { ModelGateway, ModelGatewayOptions } from './gateway.ts';
export { createModelGateway } from './gateway.ts';
export type { ModelSettings } from './settings.ts';
export { modelEnvironment, modelSettings, parseModelSettings } from './settings.ts';
export type { GatewayTokens } from './tokens.ts';
