import { z } from 'zod';
import {
  type DirectoryDriver,
  type DriverOptions,
  directoryProblem,
  type ReadDepartment,
  type ReadPerson,
  refuseEndless,
} from '../sources/driver.ts';
import { askVendor, fewAtOnce } from '../sources/vendor-request.ts';

/** https://open.feishu.cn/document/server-docs/contact-v3: pages of at most 50; `0` is the root department. */
const pageSize = '50';
const root = '0';

const limited = 99991400;
/** https://open.feishu.cn/document/server-docs/getting-started/server-error-codes: of an access token that is not good any more. */
const tokenIsOver = new Set([99991661, 99991663, 99991664, 99991668, 99991671, 99991677]);
const lacksPermission = new Set([99991672, 99991679, 40004, 41050]);

const answer = z.object({ code: z.number(), msg: z.string().default('') });
const token = z.object({ tenant_access_token: z.string(), expire: z.number() });
const page = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z
      .object({
        items: z.array(item).nullish(),
        has_more: z.boolean().default(false),
        page_token: z.string().nullish(),
      })
      .default({ has_more: false }),
  });
const department = z.object({
  name: z.string(),
  open_department_id: z.string(),
  parent_department_id: z.string().nullish(),
  status: z.object({ is_deleted: z.boolean().nullish() }).nullish(),
});
const user = z.object({
  union_id: z.string().nullish(),
  open_id: z.string(),
  name: z.string(),
  email: z.string().nullish(),
  enterprise_email: z.string().nullish(),
  employee_no: z.string().nullish(),
  job_title: z.string().nullish(),
  department_ids: z.array(z.string()).nullish(),
  orders: z.array(z.object({ department_id: z.string(), is_primary_dept: z.boolean().nullish() })).nullish(),
  status: z
    .object({ is_frozen: z.boolean().nullish(), is_resigned: z.boolean().nullish(), is_exited: z.boolean().nullish() })
    .nullish(),
});
type User = z.infer<typeof user>;

/** Feishu, and Lark at its own address, by the contact API v3 of an internal app. */
export function createFeishuDriver({ baseUrl, appId, appSecret, wait }: DriverOptions): DirectoryDriver {
  let current: Promise<string> | null = null;

  const request = (path: string, query: Record<string, string>, signal: AbortSignal) => ({
    vendor: 'Feishu',
    url: new URL(`${baseUrl}/open-apis${path}?${new URLSearchParams(query)}`),
    signal,
    wait,
    isLimited: (body: unknown) => answer.safeParse(body).data?.code === limited,
  });

  async function newToken(signal: AbortSignal): Promise<string> {
    const body = await askVendor({
      ...request('/auth/v3/tenant_access_token/internal', {}, signal),
      method: 'POST',
      body: { app_id: appId, app_secret: appSecret },
    });
    const { code, msg } = parse(answer, body);
    if (code === 0) return parse(token, body).tenant_access_token;
    throw directoryProblem(
      `Feishu does not accept the app id and secret (${code}: ${msg}).`,
      'Copy both again from “Credentials & Basic Info” of the app in Feishu’s developer console.',
    );
  }

  /** One request; a token that is over is made anew, once. */
  async function get(path: string, query: Record<string, string>, signal: AbortSignal): Promise<unknown> {
    for (let last = false; ; last = true) {
      current ??= newToken(signal);
      const used = current;
      const bearer = await used.catch((error: unknown) => {
        if (current === used) current = null;
        throw error;
      });
      const body = await askVendor({
        ...request(path, query, signal),
        method: 'GET',
        headers: { authorization: `Bearer ${bearer}` },
      });
      const { code, msg } = parse(answer, body);
      if (code === 0) return body;
      if (!tokenIsOver.has(code) || last) throw refused(code, msg);
      if (current === used) current = null;
    }
  }

  async function pages<T extends z.ZodType>(
    path: string,
    query: Record<string, string>,
    { of, item }: { of: 'people' | 'departments'; item: T },
    signal: AbortSignal,
  ): Promise<z.infer<T>[]> {
    const all: z.infer<T>[] = [];
    for (let [next, count] = ['', 1]; ; count++) {
      const asked = { ...query, page_size: pageSize, ...(next === '' ? {} : { page_token: next }) };
      const { data } = parse(page(item), await get(path, asked, signal));
      all.push(...(data.items ?? []));
      refuseEndless({ pages: count, [of]: all.length });
      if (!data.has_more || !data.page_token || data.page_token === next) return all;
      next = data.page_token;
    }
  }

  const usersOf = (departmentId: string, signal: AbortSignal) =>
    pages(
      '/contact/v3/users/find_by_department',
      { department_id: departmentId, department_id_type: 'open_department_id', user_id_type: 'open_id' },
      { of: 'people', item: user },
      signal,
    );

  return {
    check: async (signal) => {
      await usersOf(root, signal);
    },

    read: async (signal) => {
      const found = await pages(
        `/contact/v3/departments/${root}/children`,
        { department_id_type: 'open_department_id', fetch_child: 'true' },
        { of: 'departments', item: department },
        signal,
      );
      const departments = found.filter(({ status }) => !status?.is_deleted).map(toDepartment);
      const known = new Set(departments.map(({ id }) => id));
      const people = new Map<string, ReadPerson>();
      await fewAtOnce([root, ...known], async (departmentId) => {
        for (const one of await usersOf(departmentId, signal)) {
          refuseEndless({ people: people.size });
          if (one.status?.is_resigned || one.status?.is_exited) continue;
          const person = toPerson(one, departmentId, known);
          if (!people.has(person.id)) people.set(person.id, person);
        }
      });
      return { departments, people: [...people.values()] };
    },
  };
}

const toDepartment = (one: z.infer<typeof department>): ReadDepartment => ({
  id: one.open_department_id,
  parentId: one.parent_department_id && one.parent_department_id !== root ? one.parent_department_id : null,
  name: one.name,
});

/** `union_id` is the same for every app of the organization, so that another app finds the same people. */
function toPerson(one: User, foundIn: string, known: ReadonlySet<string>): ReadPerson {
  const primary = one.orders?.find(({ is_primary_dept }) => is_primary_dept)?.department_id;
  const main = [primary, ...(one.department_ids ?? [])].find((id) => id === root || (id && known.has(id))) ?? foundIn;
  return {
    id: one.union_id || one.open_id,
    name: one.name,
    email: one.enterprise_email || one.email || null,
    emailIsGiven: Boolean(one.enterprise_email),
    number: one.employee_no || null,
    title: one.job_title || null,
    departmentId: main === root ? null : main,
    active: !one.status?.is_frozen,
  };
}

function refused(code: number, msg: string) {
  return lacksPermission.has(code)
    ? directoryProblem(
        `Feishu does not let the app read the people (${code}: ${msg}).`,
        'Give the app the permissions contact:contact:readonly_as_app, contact:user.email:readonly and contact:user.employee:readonly, set its contact scope to all members, and publish a version.',
      )
    : directoryProblem(`Feishu refused (${code}: ${msg}).`, 'Look the number up in Feishu’s list of error codes.');
}

function parse<T extends z.ZodType>(shape: T, body: unknown): z.infer<T> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  throw directoryProblem(
    `Feishu answered in a shape that is not documented (${result.error.issues[0]?.path.join('.')}).`,
    'Check the address; if it is right, report this as a defect of Clawpool.',
  );
}
