/** The host agent: runs tenants of one machine, through a runtime driver. */
export type { HostOptions } from './host.ts';
export { createHost } from './host.ts';
export type { ImageCatalogue, ImageEntry, RuntimeImage } from './image.ts';
export { imageCatalogue } from './image.ts';
