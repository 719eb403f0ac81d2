import { describe, expect, it } from 'vitest';
import { searchEmployee } from './employee-search.ts';

const person = (id: string, number: string, name: string, email: string) => ({
  id,
  number,
  name,
  email,
  ...{ positionId: 'p', position: 'P', departmentId: 'd', department: 'D', contactFor: [] },
  ...{ roles: [], permissions: [], active: true, source: 'local' as const, tenantId: null, lastActiveAt: null },
});
const carol = person('carol', 'E007', 'Carol Zhang', 'carol@acme.example');
const ryan = person('ryan', 'E010', 'Ryan Park', 'ryan@acme.example');
const mike = person('mike', 'E003', 'Mike Johnson', 'mike@acme.example');
const mikael = person('mikael', 'E004', 'Mikael Stone', 'mikael@acme.example');
const employees = [carol, ryan, mike, mikael];

describe('finding an employee', () => {
  it.each(['carol', 'E007', 'Carol Zhang', 'CAROL@ACME.EXAMPLE', ' zhang ', 'carol z'])('by %j', (text) => {
    expect(searchEmployee(employees, text)).toEqual({ found: carol });
  });

  it('prefers the one who is called exactly so', () => {
    expect(searchEmployee([...employees, person('mik', 'E1', 'Mik', 'm@x')], 'mik')).toMatchObject({
      found: { id: 'mik' },
    });
  });

  it('says who fits when several do', () => {
    expect(searchEmployee(employees, 'mik')).toEqual({ found: null, ambiguous: true, closest: [mike, mikael] });
  });

  it('knows who is near when nobody fits', () => {
    expect(searchEmployee(employees, 'caril')).toEqual({ found: null, ambiguous: false, closest: [carol] });
    expect(searchEmployee(employees, 'Ryan Parks')).toEqual({ found: null, ambiguous: false, closest: [ryan] });
  });

  it('names nobody when nobody is near', () => {
    expect(searchEmployee(employees, 'Zebediah')).toEqual({ found: null, ambiguous: false, closest: [] });
  });
});
