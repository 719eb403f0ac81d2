import type { Removal } from '@clawpool/contracts';

const none = { count: 0, names: [] };

/** Nothing goes, nothing stands in the way. */
export const emptyRemoval: Removal = {
  ...{ departments: none, positions: none, employees: none, agents: none },
  ...{ channels: 0, schedules: 0, rules: 0, kept: { conversations: 0, auditEvents: 0 } },
  ...{ movesTo: null, refusal: null },
};

/** As many names as a person reads. */
export const namesOf = (rows: readonly { name: string }[]): Removal['employees'] => ({
  count: rows.length,
  names: rows.slice(0, 20).map(({ name }) => name),
});
