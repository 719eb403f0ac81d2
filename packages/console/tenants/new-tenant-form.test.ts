import { tenantResources } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { bodyOf, emptyForm, nameFor, problemsOf } from './new-tenant-form.ts';
import { resourceFields, resourceLimits } from './resources.ts';
import { withTag } from './tags.ts';
import { daysInWords, isTimetable } from './timetable.ts';

const token = 'a-token-of-this-form';
const hours = { start: '22:00', stop: '06:00', timezone: 'Europe/Berlin', days: ['mon' as const] };

describe('the form of a new tenant', () => {
  it('needs a name and nothing else', () => {
    expect([...problemsOf(emptyForm)]).toEqual(['name']);
    expect(bodyOf({ ...emptyForm, name: ' carol ' }, token)).toEqual({
      clientToken: token,
      name: 'carol',
      tags: {},
      skills: [],
      skillGroups: [],
      ttlHours: null,
      onExpiry: 'stop',
      timetable: null,
      start: true,
    });
  });

  it('sends everything that was filled in', () => {
    const body = bodyOf(
      {
        ...emptyForm,
        name: 'carol',
        employeeId: 'emp-1',
        tier: 'standard',
        template: 'sales',
        image: 'openclaw-1',
        cpus: '0,5',
        memoryMegabytes: '1024',
        group: ' blue ',
        tags: { team: 'x' },
        skills: ['deploy'],
        ttlHours: '24',
        onExpiry: 'delete',
        timetable: hours,
        files: 'clone',
        cloneFrom: 'ryan',
        checkpointId: 'left over from another choice',
        start: false,
      },
      token,
    );
    expect(body).toMatchObject({
      employeeId: 'emp-1',
      tier: 'standard',
      configTemplate: 'sales',
      image: 'openclaw-1',
      cpus: 0.5,
      memoryMegabytes: 1024,
      group: 'blue',
      ttlHours: 24,
      onExpiry: 'delete',
      timetable: hours,
      cloneFrom: 'ryan',
      start: false,
    });
    expect(body).not.toHaveProperty('restoreFrom');
    expect(body).not.toHaveProperty('diskMegabytes');
  });

  it.each([
    ['name', { name: '-carol' }],
    ['name', { name: 'Carol' }],
    ['cpus', { cpus: '65' }],
    ['memoryMegabytes', { memoryMegabytes: '511' }],
    ['diskMegabytes', { diskMegabytes: 'much' }],
    ['ttlHours', { ttlHours: '0' }],
    ['timetable', { timetable: { ...hours, days: [] } }],
    ['timetable', { timetable: { ...hours, stop: hours.start } }],
    ['timetable', { timetable: { ...hours, timezone: 'Mars/Olympus' } }],
    ['checkpointId', { files: 'checkpoint' as const }],
    ['cloneFrom', { files: 'clone' as const, cloneFrom: ' ' }],
  ])('is not sent with a wrong %s', (field, parts) => {
    const form = { ...emptyForm, name: 'carol', ...parts };
    expect([...problemsOf(form)]).toEqual([field]);
    expect(bodyOf(form, token)).toBeNull();
  });

  it('knows the same limits as the API', () => {
    for (const { name } of resourceFields) {
      const { min, max } = resourceLimits[name];
      const takes = (value: number) => tenantResources.shape[name].safeParse(value).success;
      expect([takes(min), takes(max), takes(min - 0.01), takes(max + 1)], name).toEqual([true, true, false, false]);
    }
  });
});

describe('a name made of a person’s', () => {
  it.each([
    ['Carol Zhang', 'carol-zhang'],
    ['Zoë  O’Neill', 'zoe-o-neill'],
    ['张伟', ''],
    [`${'A'.repeat(31)} B`, 'a'.repeat(31)],
  ])('%s is %j', (person, name) => {
    expect(nameFor(person)).toBe(name);
  });
});

describe('tags', () => {
  it('are read as key:value, the value may hold colons, a key again gets the new value', () => {
    expect(withTag({ team: 'x' }, ' team:y:z ')).toEqual({ team: 'y:z' });
    expect(withTag({}, 'pilot')).toEqual({ pilot: '' });
  });

  it('are refused when the API would refuse them', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, '']));
    for (const [tags, text] of [
      [{}, ':value'],
      [{}, 'a b:c'],
      [{}, 'a=b'],
      [many, 'one-more:x'],
    ] as const) {
      expect(withTag(tags, text), text).toBeNull();
    }
    expect(withTag(many, 'k3:new')).toMatchObject({ k3: 'new' });
  });
});

describe('office hours', () => {
  it('may end the next day', () => {
    expect(isTimetable(hours)).toBe(true);
  });

  it('name a row of days by its ends', () => {
    expect(daysInWords(['mon', 'tue', 'wed', 'thu', 'fri'], 'en')).toBe('Mon–Fri');
    expect(daysInWords(['sat', 'mon', 'wed', 'thu'], 'en')).toBe('Mon, Wed, Thu, Sat');
    expect(daysInWords(['mon', 'tue', 'wed', 'thu', 'fri'], 'zh-Hans-CN')).toBe('周一–周五');
  });
});
