import { ClawpoolError } from '@clawpool/contracts';

/**
 * A platform whose departments and people are read. Another platform is one folder with one of these; it has to pass
 * `describeDirectoryDriver` (../testing/driver-conformance.ts).
 */
export interface DirectoryDriver {
  /**
   * The cheapest look that shows whether people could be read.
   *
   * @throws ClawpoolError `unavailable`, with what is wrong and what to do about it
   */
  check(signal: AbortSignal): Promise<void>;
  /**
   * Everything, or an error: never a part. A person who is in several departments comes once.
   *
   * @throws ClawpoolError `unavailable`
   */
  read(signal: AbortSignal): Promise<DirectorySnapshot>;
}

export interface DirectorySnapshot {
  /** In any order; without the platform's root, which is the organization itself. */
  departments: ReadDepartment[];
  people: ReadPerson[];
}

export interface ReadDepartment {
  /** The platform's own, the same for as long as the department exists. */
  id: string;
  /** Null: on top. */
  parentId: string | null;
  name: string;
}

export interface ReadPerson {
  /** The platform's own, the same for as long as the person is there. */
  id: string;
  name: string;
  /** As the platform has it; null: it has none. */
  email: string | null;
  /** The organization gave it to them. Others people change by themselves, so that those say nothing about who they are. */
  emailIsGiven: boolean;
  /** Employee number; null: none. */
  number: string | null;
  /** Null: none. */
  title: string | null;
  /** The main one of theirs; null: directly in the organization. */
  departmentId: string | null;
  /** False: blocked there. */
  active: boolean;
}

/** What a driver is made with. */
export interface DriverOptions {
  /** Without a slash at its end. */
  baseUrl: string;
  appId: string;
  appSecret: string;
  /** How a pause between two attempts is made; a real one unless given. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Far more than any organization that Clawpool serves. */
const most = { people: 200_000, departments: 20_000, pages: 5_000 } as const;

/** What has been read so far; a driver looks with every page. Error `unavailable` for a directory that goes on and on. */
export function refuseEndless(read: Partial<Record<keyof typeof most, number>>): void {
  const beyond = (['people', 'departments', 'pages'] as const).find((what) => (read[what] ?? 0) > most[what]);
  if (beyond === undefined) return;
  throw directoryProblem(
    `The directory has no end: it has more than ${most[beyond].toLocaleString('en')} ${beyond}.`,
    'Check the address. What the app may see can be narrowed in the platform’s console.',
  );
}

export const directoryProblem = (message: string, hint: string, options?: ErrorOptions) =>
  new ClawpoolError('unavailable', message, hint, options);
