import { type CreateTenantBody, createTenantBody, type Tags, type Tier, tenantName } from '@clawpool/contracts';
import { isNumber, type NumberLimits, numberOf } from '../design/number-limits.ts';
import { type ResourceName, resourceFields, resourceLimits } from './resources.ts';
import { isTimetable, type TimetableForm, timetableOf } from './timetable.ts';

/** A tenant that is being made: numbers are still text, and an empty text leaves the choice to template and tier. */
export interface NewTenantForm extends Record<ResourceName, string> {
  name: string;
  employeeId: string;
  tier: string;
  template: string;
  image: string;
  group: string;
  tags: Tags;
  skills: string[];
  skillGroups: string[];
  ttlHours: string;
  onExpiry: 'stop' | 'delete';
  /** Null: it has none. */
  timetable: TimetableForm | null;
  preferredHost: string;
  files: 'none' | 'checkpoint' | 'clone';
  checkpointId: string;
  cloneFrom: string;
  start: boolean;
}

export const emptyForm: NewTenantForm = {
  name: '',
  employeeId: '',
  tier: '',
  template: '',
  image: '',
  cpus: '',
  memoryMegabytes: '',
  diskMegabytes: '',
  group: '',
  tags: {},
  skills: [],
  skillGroups: [],
  ttlHours: '',
  onExpiry: 'stop',
  timetable: null,
  preferredHost: '',
  files: 'none',
  checkpointId: '',
  cloneFrom: '',
  start: true,
};

/** Hours until a tenant expires: at most a year. */
export const ttlLimits = { min: 1, max: 8760, whole: true } as const satisfies NumberLimits;

export const isName = (name: string): boolean => tenantName.safeParse(name.trim()).success;

/** The fields that keep the form from being sent. */
export function problemsOf(form: NewTenantForm): Set<keyof NewTenantForm> {
  const problems = new Set<keyof NewTenantForm>();
  if (!isName(form.name)) problems.add('name');
  for (const { name } of resourceFields) if (!isNumber(form[name], resourceLimits[name], true)) problems.add(name);
  if (!isNumber(form.ttlHours, ttlLimits, true)) problems.add('ttlHours');
  if (form.timetable && !isTimetable(form.timetable)) problems.add('timetable');
  if (form.files === 'checkpoint' && form.checkpointId === '') problems.add('checkpointId');
  if (form.files === 'clone' && form.cloneFrom.trim() === '') problems.add('cloneFrom');
  return problems;
}

/** What the form asks for; null while something in it cannot be sent. What was left open is absent. */
export function bodyOf(form: NewTenantForm, clientToken: string): CreateTenantBody | null {
  if (problemsOf(form).size > 0) return null;
  const texts = {
    employeeId: form.employeeId,
    tier: form.tier,
    configTemplate: form.template,
    image: form.image,
    group: form.group.trim(),
    preferredHost: form.preferredHost,
  };
  const sizes = resourceFields.map(({ name }) => [name, numberOf(form[name], resourceLimits[name])] as const);
  const parsed = createTenantBody.safeParse({
    clientToken,
    name: form.name.trim(),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
    ...Object.fromEntries(sizes.filter(([, size]) => size !== null)),
    tags: form.tags,
    skills: form.skills,
    skillGroups: form.skillGroups,
    ttlHours: numberOf(form.ttlHours, ttlLimits),
    onExpiry: form.onExpiry,
    timetable: form.timetable && timetableOf(form.timetable),
    ...(form.files === 'checkpoint' ? { restoreFrom: { checkpointId: form.checkpointId } } : {}),
    ...(form.files === 'clone' ? { cloneFrom: form.cloneFrom.trim() } : {}),
    start: form.start,
  });
  return parsed.success ? parsed.data : null;
}

/** A name made of an employee's: `carol-zhang`. Empty when nothing of it can be part of one. */
export function nameFor(person: string): string {
  return person
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, '');
}

/** What a size is when its field stays empty, as far as the tier says. */
export const sizeOfTier = (tier: Tier | undefined, name: ResourceName): string => (tier ? String(tier[name]) : '');
