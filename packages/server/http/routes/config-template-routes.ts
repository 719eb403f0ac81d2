import { configTemplateRoutes } from '@clawpool/contracts';
import type { TemplateService } from '../../pool/templates/template-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerConfigTemplateRoutes(app: HttpApp, templates: TemplateService): void {
  registerRoutes(app, configTemplateRoutes, {
    listConfigTemplates: async ({ principal }) => ({ templates: await templates.list(principal.organizationId) }),
    getConfigTemplate: ({ principal, params }) => templates.get(principal.organizationId, params.name),
    putConfigTemplate: ({ principal, params, body }) => templates.put(principal, params.name, body),
    deleteConfigTemplate: ({ principal, params }) => templates.remove(principal, params.name),
  });
}
