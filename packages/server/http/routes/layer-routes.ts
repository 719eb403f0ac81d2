import { layerRoutes } from '@clawpool/contracts';
import type { LayerService } from '../../governance/layers/layer-service.ts';
import type { LayerPreviewService } from '../../governance/layers/preview-service.ts';
import type { ProposalService } from '../../governance/layers/proposal-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerLayerRoutes(
  app: HttpApp,
  services: { layers: LayerService; proposals: ProposalService; preview: LayerPreviewService },
): void {
  const { layers, proposals, preview } = services;
  registerRoutes(app, layerRoutes, {
    listLayers: ({ principal }) => layers.list(principal),
    getLayer: ({ principal, params }) => layers.get(principal, params),
    saveLayer: ({ principal, params, body }) => layers.save(principal, params, body),
    rollBackLayer: ({ principal, params, body }) => layers.rollBack(principal, params, body),
    listLayerVersions: ({ principal, params }) => layers.versions(principal, params),
    getLayerVersion: ({ principal, params }) => layers.version(principal, params, params.version),
    previewLayers: ({ principal, body }) => preview.preview(principal, body),
    requireLayerReview: ({ principal, body }) => layers.requireReview(principal, body.required),
    listProposals: ({ principal, query }) => proposals.list(principal, query),
    createProposal: ({ principal, body }) => proposals.create(principal, body),
    changeProposal: ({ principal, params, body }) => proposals.change(principal, params.proposalId, body),
    decideProposal: ({ principal, params, body }) => proposals.decide(principal, params.proposalId, body),
  });
}
