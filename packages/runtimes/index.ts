/** Runtime drivers: what starts, stops and measures the boundary around a tenant. */
export type { ChosenDriver } from './choose-driver.ts';
export { chooseDriver } from './choose-driver.ts';
export { connectToRuntime } from './launch/connect.ts';
export { createProcessDriver } from './process/driver.ts';
export { createSandboxDriver } from './sandbox/driver.ts';
