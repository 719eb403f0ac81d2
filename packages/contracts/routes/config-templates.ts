import { z } from 'zod';
import { configTemplate, configTemplateContent, templateName } from '../pool.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'auditor'] as const;
const writers = ['operator', 'admin'] as const;
const named = z.object({ name: templateName });

export const configTemplateRoutes = {
  listConfigTemplates: route({
    method: 'GET',
    path: '/config-templates',
    tag: 'Tenants',
    summary: 'Templates for new tenants, by name',
    access: readers,
    scope: 'organization',
    response: z.object({ templates: z.array(configTemplate) }),
  }),
  getConfigTemplate: route({
    method: 'GET',
    path: '/config-templates/:name',
    tag: 'Tenants',
    summary: 'One template with all its versions, newest first',
    access: readers,
    scope: 'organization',
    params: named,
    response: z.object({ template: configTemplate, versions: z.array(configTemplate) }),
  }),
  putConfigTemplate: route({
    method: 'PUT',
    path: '/config-templates/:name',
    tag: 'Tenants',
    summary: 'Makes a template, or its next version; tenants that use it follow with their next start',
    access: writers,
    scope: 'organization',
    params: named,
    body: z.object({
      content: configTemplateContent,
      version: z.int().optional().describe('that was edited; 409 when there is a newer one'),
    }),
    response: configTemplate,
  }),
  deleteConfigTemplate: route({
    method: 'DELETE',
    path: '/config-templates/:name',
    tag: 'Tenants',
    summary: 'Removes a template that no tenant uses',
    access: writers,
    scope: 'organization',
    params: named,
    status: 204,
  }),
};
