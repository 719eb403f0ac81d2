/** Texts of the console in English; a part of `english.ts`. */
export const organizationEnglish = {
  departments: { title: 'Departments' },
  positions: { title: 'Positions' },
  employees: { title: 'Employees' },
  assignments: { title: 'Assignments' },
} as const;
