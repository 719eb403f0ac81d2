import type { Permission, Role } from '@clawpool/contracts';

export interface SamplePerson {
  id: string;
  number: string;
  name: string;
  email: string;
  departmentId: string;
  positionId: string;
  /** On top of what their position is asked about. */
  contactFor: readonly string[];
  roles: readonly Role[];
  permissions: readonly Permission[];
}

/** Admins who may change what holds for everybody; the third admin may not. */
const policyHolders: readonly string[] = ['jiade', 'admin'];

export const samplePeople: readonly SamplePerson[] = [
  person('jiade', 1, 'JiaDe Wang', 'engineering', 'pos-sa', ['agent platform architecture'], 'admin'),
  person('marcus', 2, 'Marcus Bell', 'engineering', 'pos-sa', ['migrations']),
  person('daniel', 3, 'Daniel Kim', 'engineering', 'pos-sa'),
  person('ryan', 4, 'Ryan Park', 'backend', 'pos-sde', ['backend code review', 'backend services', 'connection pools']),
  person('sophie', 5, 'Sophie Turner', 'backend', 'pos-sde', ['backend services', 'database queries']),
  person('nathan', 6, 'Nathan Brooks', 'frontend', 'pos-sde', ['frontend code review', 'accessibility']),
  person('chris', 7, 'Chris Morgan', 'platform', 'pos-devops', ['on-call rota', 'rollbacks'], 'admin'),
  person('lisa', 8, 'Lisa Chen', 'platform', 'pos-devops', ['terraform']),
  person('tony', 9, 'Tony Reed', 'qa', 'pos-qa'),
  person(
    'mike',
    11,
    'Mike Johnson',
    'enterprise-sales',
    'pos-ae',
    ['enterprise deals', 'discount approval'],
    'manager',
  ),
  person('sarah', 12, 'Sarah Kim', 'enterprise-sales', 'pos-ae'),
  person('tom', 13, 'Tom Wilson', 'smb-sales', 'pos-ae', ['small business customers']),
  person('priya', 14, 'Priya Patel', 'product', 'pos-pm', ['user research']),
  person('alex', 15, 'Alex Rivera', 'product', 'pos-pm', ['release planning'], 'manager'),
  person('carol', 16, 'Carol Zhang', 'finance', 'pos-fa', ['monthly close', 'budget variances']),
  person('david', 17, 'David Park', 'finance', 'pos-fa', ['travel expenses']),
  person('jenny', 18, 'Jenny Liu', 'hr', 'pos-hr', ['leave', 'onboarding'], 'manager'),
  person('emma', 19, 'Emma Chen', 'customer-success', 'pos-csm', ['quarterly business meetings']),
  person('rachel', 21, 'Rachel Li', 'legal', 'pos-legal', ['supplier contracts']),
  person('peter', 31, 'Peter Wu', 'engineering', 'pos-exec', ['engineering strategy'], 'manager'),
  person('ada', 32, 'Ada', 'engineering', 'pos-exec'),
  person('wjd', 33, 'WJD', 'engineering', 'pos-exec'),
  person('admin', 34, 'Demo Admin', 'admin-lab', 'pos-admin', [], 'admin'),

  // These four are invented: they bring the organization to its 27 people and give every role a holder.
  person('hannah', 10, 'Hannah Berg', 'qa', 'pos-qa', ['load testing']),
  person('omar', 20, 'Omar Haddad', 'customer-support', 'pos-csm', ['support tickets']),
  person('nina', 22, 'Nina Kovacs', 'legal', 'pos-legal', ['audits', 'privacy requests'], 'auditor'),
  person('lucas', 23, 'Lucas Moreau', 'hr', 'pos-hr', ['office and equipment']),
];

function person(
  id: string,
  number: number,
  name: string,
  departmentId: string,
  positionId: string,
  contactFor: readonly string[] = [],
  extraRole?: 'admin' | 'manager' | 'auditor',
): SamplePerson {
  return {
    id,
    number: `EMP-${String(number).padStart(3, '0')}`,
    name,
    email: `${id}@acme.example`,
    departmentId,
    positionId,
    contactFor,
    roles: extraRole ? ['employee', extraRole] : ['employee'],
    permissions: policyHolders.includes(id) ? ['policy'] : [],
  };
}
