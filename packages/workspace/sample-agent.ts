import type { AgentDefinition, Person } from '@clawpool/contracts';

const ryan: Person = {
  id: 'ryan',
  name: 'Ryan Park',
  email: 'ryan@acme.example',
  position: 'Software Engineer',
  department: 'Backend Team',
  contactFor: ['code review', 'backend services'],
};

const carol: Person = {
  id: 'carol',
  name: 'Carol Zhang',
  email: 'carol@acme.example',
  position: 'Finance Analyst',
  department: 'Finance',
  contactFor: ['budgets'],
};

/** Carol's agent; tests change what they are about. */
export function sampleAgent(changes: Partial<AgentDefinition> = {}): AgentDefinition {
  return {
    organization: { id: 'acme', name: 'ACME Corp' },
    tenantId: 'carol',
    name: 'Carol’s agent',
    owner: carol,
    layers: { global: 'Keep customer data inside.', position: 'Help with budgets.', personal: 'Be brief.' },
    tools: ['web_search', 'file'],
    skills: [],
    directory: [carol, ryan],
    model: { id: 'demo', contextWindow: 200_000, maxOutputTokens: 8_192 },
    timezone: 'Europe/Berlin',
    ...changes,
  };
}
