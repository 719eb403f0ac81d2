/** The host agent: runs tenants of one machine, through a runtime driver. */
export type { HostOptions } from './host.ts';
export { createHost } from './host.ts';
export type { RuntimeImage } from './image.ts';
export { installImage } from './image.ts';
