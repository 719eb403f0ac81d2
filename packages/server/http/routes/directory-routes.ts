import { directoryRoutes } from '@clawpool/contracts';
import type { DirectoryMappingService } from '../../directory/mapping/mapping-service.ts';
import type { ScimTokenService } from '../../directory/scim/scim-token-service.ts';
import type { DirectorySourceService } from '../../directory/sources/source-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface DirectoryRoutesOptions {
  tokens: ScimTokenService;
  mappings: DirectoryMappingService;
  sources: DirectorySourceService;
}

export function registerDirectoryRoutes(app: HttpApp, { tokens, mappings, sources }: DirectoryRoutesOptions): void {
  registerRoutes(app, directoryRoutes, {
    directorySettings: ({ principal }) => mappings.settings(principal),
    saveDirectorySettings: ({ principal, body }) => mappings.saveSettings(principal, body),
    listScimTokens: ({ principal }) => tokens.list(principal),
    createScimToken: ({ principal, body }) => tokens.create(principal, body.name),
    revokeScimToken: ({ principal, params }) => tokens.revoke(principal, params.tokenId),
    listDirectoryMappings: async ({ principal }) => ({ mappings: await mappings.list(principal) }),
    saveDirectoryMapping: ({ principal, body }) => mappings.save(principal, body),
    listDirectorySources: async ({ principal }) => ({ sources: await sources.list(principal) }),
    saveDirectorySource: ({ principal, params, body }) => sources.save(principal, params.vendor, body),
    removeDirectorySource: ({ principal, params }) => sources.remove(principal, params.vendor),
    checkDirectorySource: ({ principal, params, signal }) => sources.check(principal, params.vendor, signal),
    previewDirectorySource: ({ principal, params, signal }) => sources.preview(principal, params.vendor, signal),
    startDirectoryRun: ({ principal, params, body }) => sources.start(principal, params.vendor, body.agreedSuspensions),
    listDirectoryRuns: async ({ principal, params }) => ({ runs: await sources.runs(principal, params.vendor) }),
  });
}
