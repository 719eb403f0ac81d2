import type { Me } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { standOf } from './stand.ts';

const now = Date.parse('2026-03-10T10:00:00Z');
const later = '2026-03-10T10:20:00.000Z';
const employee = (id: string) => ({ id, position: 'Finance Manager', department: 'Finance' });
const person = (...roles: Me['roles']) => ({ userId: 'maria', roles, employee: employee('emp-maria') });
const carol = { employeeId: 'emp-carol' };
const open = { path: 'emp' as const, takeover: null, endedAt: null };
const takenBy = (userId: string, until = later) => ({ ...open, takeover: { by: 'Somebody', userId, until } });

describe('how a session stands to whoever looks at it', () => {
  it('an admin and a manager may take over, an auditor reads', () => {
    expect(standOf(person('admin'), open, carol, now)).toEqual({ type: 'free' });
    expect(standOf(person('manager'), open, carol, now)).toEqual({ type: 'free' });
    expect(standOf(person('auditor'), open, carol, now)).toEqual({ type: 'reading' });
  });

  it('nobody answers themselves', () => {
    expect(standOf(person('manager'), open, { employeeId: 'emp-maria' }, now)).toEqual({ type: 'own' });
  });

  it('who has it answers until its time has passed', () => {
    expect(standOf(person('manager'), takenBy('maria'), carol, now)).toEqual({
      type: 'mine',
      until: Date.parse(later),
    });
    expect(standOf(person('manager'), takenBy('maria'), carol, Date.parse(later))).toEqual({ type: 'free' });
  });

  it('somebody else’s is named; only an admin may take it from them', () => {
    const taken = { type: 'taken', by: 'Somebody', until: Date.parse(later) };
    expect(standOf(person('manager'), takenBy('peter'), carol, now)).toEqual({ ...taken, override: false });
    expect(standOf(person('auditor'), takenBy('peter'), carol, now)).toEqual({ ...taken, override: false });
    expect(standOf(person('admin'), takenBy('peter'), carol, now)).toEqual({ ...taken, override: true });
    expect(standOf(person('admin'), takenBy('peter'), { employeeId: 'emp-maria' }, now)).toMatchObject({
      override: false,
    });
  });

  it('an ended one is over for everybody', () => {
    expect(standOf(person('admin'), { ...takenBy('maria'), endedAt: later }, carol, now)).toEqual({ type: 'ended' });
  });
});
