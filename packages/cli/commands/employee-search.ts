import type { Employee } from '@clawpool/contracts';

export type EmployeeSearch =
  | { found: Employee }
  /** `closest`: several match, or none does and these are near; best first. */
  | { found: null; ambiguous: boolean; closest: Employee[] };

/** Finds an employee by id, number, e-mail, name, or a part of them that fits one person only. Case does not matter. */
export function searchEmployee(employees: readonly Employee[], wanted: string): EmployeeSearch {
  const text = fold(wanted);
  const exact = employees.filter((employee) => keysOf(employee).includes(text));
  const matches =
    exact.length > 0 ? exact : employees.filter((employee) => keysOf(employee).some((key) => key.includes(text)));
  const [only, ...others] = matches;
  if (only && others.length === 0) return { found: only };
  if (matches.length > 0) return { found: null, ambiguous: true, closest: matches };
  return { found: null, ambiguous: false, closest: closest(employees, text) };
}

function keysOf({ id, number, name, email }: Employee): string[] {
  return [id, number, name, email].map(fold);
}

function fold(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

/** At most five whose name, or a word of it, or whose e-mail differs from the text in about a third of its letters. */
function closest(employees: readonly Employee[], text: string): Employee[] {
  const allowed = Math.max(1, Math.floor(text.length / 3));
  return employees
    .map((employee) => {
      const keys = keysOf(employee).flatMap((key) => [key, ...key.split(/[\s@.]+/)]);
      return { employee, distance: Math.min(...keys.map((key) => editDistance(key, text))) };
    })
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5)
    .map(({ employee }) => employee);
}

/** Levenshtein's distance: letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
