import { type ToolName, toolNames } from '@clawpool/contracts';

export interface SamplePosition {
  id: string;
  name: string;
  departmentId: string;
  tierId: string;
  tools: readonly ToolName[];
  /** Lower case. One topic belongs to one position, so that "whom do I ask" has a clear answer. */
  contactFor: readonly string[];
}

export const samplePositions: readonly SamplePosition[] = [
  {
    id: 'pos-sa',
    name: 'Solutions Architect',
    departmentId: 'engineering',
    tierId: 'engineering',
    tools: ['web_search', 'shell', 'browser', 'file', 'code_execution'],
    contactFor: ['architecture', 'system design', 'cloud cost estimates', 'technical presales'],
  },
  {
    id: 'pos-sde',
    name: 'Software Engineer',
    departmentId: 'engineering',
    tierId: 'engineering',
    tools: toolNames,
    contactFor: ['code review', 'pull requests', 'bug fixes', 'unit tests'],
  },
  {
    id: 'pos-devops',
    name: 'DevOps Engineer',
    departmentId: 'platform',
    tierId: 'engineering',
    tools: toolNames,
    contactFor: ['deployments', 'incidents', 'infrastructure', 'monitoring', 'ci pipelines'],
  },
  {
    id: 'pos-qa',
    name: 'QA Engineer',
    departmentId: 'qa',
    tierId: 'engineering',
    tools: ['web_search', 'shell', 'file', 'code_execution'],
    contactFor: ['test plans', 'bug reports', 'regression testing', 'release sign-off'],
  },
  {
    id: 'pos-ae',
    name: 'Account Executive',
    departmentId: 'sales',
    tierId: 'standard',
    tools: ['web_search', 'file'],
    contactFor: ['sales opportunities', 'pricing proposals', 'prospects', 'product demos'],
  },
  {
    id: 'pos-pm',
    name: 'Product Manager',
    departmentId: 'product',
    tierId: 'standard',
    tools: ['web_search', 'browser', 'file'],
    contactFor: ['roadmap', 'feature requests', 'product requirements', 'prioritization'],
  },
  {
    id: 'pos-fa',
    name: 'Finance Analyst',
    departmentId: 'finance',
    tierId: 'restricted',
    tools: ['web_search', 'file'],
    contactFor: ['budgets', 'forecasts', 'expenses', 'invoices'],
  },
  {
    id: 'pos-hr',
    name: 'HR Specialist',
    departmentId: 'hr',
    tierId: 'restricted',
    tools: ['web_search', 'file'],
    contactFor: ['hiring', 'benefits', 'hr policies', 'training'],
  },
  {
    id: 'pos-csm',
    name: 'Customer Success Manager',
    departmentId: 'customer-success',
    tierId: 'standard',
    tools: ['web_search', 'browser', 'file'],
    contactFor: ['customer health', 'renewals', 'customer escalations', 'product adoption'],
  },
  {
    id: 'pos-legal',
    name: 'Legal Counsel',
    departmentId: 'legal',
    tierId: 'restricted',
    tools: ['web_search', 'file'],
    contactFor: ['contracts', 'nda', 'compliance', 'licensing', 'data protection'],
  },
  {
    id: 'pos-exec',
    name: 'Executive',
    departmentId: 'engineering',
    tierId: 'executive',
    tools: toolNames,
    contactFor: ['company strategy', 'partnerships', 'executive decisions'],
  },
  {
    id: 'pos-admin',
    name: 'Platform Admin',
    departmentId: 'admin-lab',
    tierId: 'engineering',
    tools: toolNames,
    contactFor: ['accounts and sign-in', 'tool permissions', 'agent problems', 'clawpool administration'],
  },
];
