export { createAgentApi } from './agent-api/agent-api.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
export { createEgressPorts } from './governance/egress/egress-ports.ts';
export { createLogger } from './http/app.ts';
export { createModelGatewayPorts, type ModelGatewayPortsOptions } from './pool/model-gateway-ports.ts';
export { type Database, type DatabaseOptions, openDatabase } from './store/database.ts';
