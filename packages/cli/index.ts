export type { Configuration } from './configuration.ts';
export { type Installation, type InstallationOptions, startInstallation } from './installation.ts';
export type { Steps } from './steps.ts';
