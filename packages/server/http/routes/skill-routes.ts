import { skillRoutes } from '@clawpool/contracts';
import type { SkillService } from '../../governance/skills/skill-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerSkillRoutes(app: HttpApp, skills: SkillService): void {
  registerRoutes(app, skillRoutes, {
    listSkills: ({ principal }) => skills.list(principal),
    getSkill: ({ principal, params }) => skills.get(principal, params.name),
    putSkill: ({ principal, params, body }) => skills.put(principal, params.name, body.content),
    deleteSkill: ({ principal, params }) => skills.remove(principal, params.name),
    putSkillGroup: ({ principal, params, body }) => skills.putGroup(principal, { name: params.name, ...body }),
    deleteSkillGroup: ({ principal, params }) => skills.removeGroup(principal, params.name),
  });
}
