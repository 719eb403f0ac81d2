import { z } from 'zod';
import { skill, skillContent, skillGroup, skillName } from '../skill.ts';
import { route } from './route.ts';

const readers = ['operator', 'admin', 'manager', 'auditor'] as const;
const writers = ['operator', 'admin'] as const;
const named = z.object({ name: skillName });

export const skillRoutes = {
  listSkills: route({
    method: 'GET',
    path: '/skills',
    tag: 'Skills',
    summary: 'The organization’s skills and groups of skills',
    access: readers,
    scope: 'organization',
    response: z.object({ skills: z.array(skill), groups: z.array(skillGroup) }),
  }),
  getSkill: route({
    method: 'GET',
    path: '/skills/:name',
    tag: 'Skills',
    summary: 'One skill with its SKILL.md',
    access: readers,
    scope: 'organization',
    params: named,
    response: skill.extend({ content: z.string() }),
  }),
  putSkill: route({
    method: 'PUT',
    path: '/skills/:name',
    tag: 'Skills',
    summary: 'Adds a skill, or replaces its SKILL.md; agents have it with their next turn',
    access: writers,
    scope: 'organization',
    params: named,
    body: z.object({ content: skillContent }),
    response: skill,
  }),
  deleteSkill: route({
    method: 'DELETE',
    path: '/skills/:name',
    tag: 'Skills',
    summary: 'Removes a skill that no tenant, group or template names',
    access: writers,
    scope: 'organization',
    params: named,
    status: 204,
  }),
  putSkillGroup: route({
    method: 'PUT',
    path: '/skill-groups/:name',
    tag: 'Skills',
    summary: 'Makes a group of skills, or changes it',
    access: writers,
    scope: 'organization',
    params: named,
    body: z.object({ description: z.string().max(500).default(''), skills: z.array(skillName).max(200) }),
    response: skillGroup,
  }),
  deleteSkillGroup: route({
    method: 'DELETE',
    path: '/skill-groups/:name',
    tag: 'Skills',
    summary: 'Removes a group that no tenant or template names',
    access: writers,
    scope: 'organization',
    params: named,
    status: 204,
  }),
};
