import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const organizationChinese: Pick<Texts, 'departments' | 'positions' | 'employees' | 'assignments'> = {
  departments: { title: '部门' },
  positions: { title: '职位' },
  employees: { title: '员工列表' },
  assignments: { title: '分配' },
};
