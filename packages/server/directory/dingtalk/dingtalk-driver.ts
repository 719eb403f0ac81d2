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

/** https://open.dingtalk.com/document/orgapp/queries-the-complete-information-of-a-department-user: at most 100; 1 is the root department. */
const pageSize = 100;
const root = 1;

/** https://open.dingtalk.com/document/orgapp/invocation-frequency-limit; `88` is an envelope whose `sub_code` says what it is. */
const limited = new Set(['90002', '90018', '90019', '-1']);
const tokenIsOver = new Set(['40001', '40014', '42001']);
const lacksPermission = new Set(['60011', '50002', '60020']);

const answer = z.object({
  errcode: z.union([z.number(), z.string()]).transform(String),
  errmsg: z.string().default(''),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
});
const token = z.object({ access_token: z.string(), expires_in: z.number().optional() });
const departments = z.object({
  result: z.array(z.object({ dept_id: z.number(), name: z.string(), parent_id: z.number().nullish() })).default([]),
});
const user = z.object({
  userid: z.string(),
  name: z.string(),
  email: z.string().nullish(),
  org_email: z.string().nullish(),
  job_number: z.string().nullish(),
  title: z.string().nullish(),
  dept_id_list: z.array(z.number()).nullish(),
});
type User = z.infer<typeof user>;
const users = z.object({
  result: z.object({ has_more: z.boolean(), next_cursor: z.number().nullish(), list: z.array(user).default([]) }),
});

/** DingTalk, by the contact API of an internal app. */
export function createDingTalkDriver({ baseUrl, appId, appSecret, wait }: DriverOptions): DirectoryDriver {
  let current: Promise<string> | null = null;

  const request = (path: string, query: Record<string, string>, signal: AbortSignal) => ({
    vendor: 'DingTalk',
    url: new URL(`${baseUrl}${path}?${new URLSearchParams(query)}`),
    signal,
    wait,
    isLimited: (body: unknown) => limited.has(codeOf(answer.safeParse(body).data)),
  });

  async function newToken(signal: AbortSignal): Promise<string> {
    const query = { appkey: appId, appsecret: appSecret };
    const body = await askVendor({ ...request('/gettoken', query, signal), method: 'GET' });
    const said = parse(answer, body);
    if (codeOf(said) === '0') return parse(token, body).access_token;
    throw directoryProblem(
      `DingTalk does not accept the app key and secret (${codeOf(said)}: ${said.sub_msg ?? said.errmsg}).`,
      'Copy both again from the app in DingTalk’s developer console.',
    );
  }

  /** One request; a token that is over is made anew, once. */
  async function post(path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    for (let last = false; ; last = true) {
      current ??= newToken(signal);
      const used = current;
      const accessToken = await used.catch((error: unknown) => {
        if (current === used) current = null;
        throw error;
      });
      const got = await askVendor({ ...request(path, { access_token: accessToken }, signal), method: 'POST', body });
      const said = parse(answer, got);
      const code = codeOf(said);
      if (code === '0') return got;
      if (!tokenIsOver.has(code) || last) throw refused(code, said.sub_msg ?? said.errmsg);
      if (current === used) current = null;
    }
  }

  async function childrenOf(departmentId: number, signal: AbortSignal): Promise<Map<number, ReadDepartment>> {
    const body = await post('/topapi/v2/department/listsub', { dept_id: departmentId }, signal);
    const parentId = departmentId === root ? null : String(departmentId);
    return new Map(
      parse(departments, body).result.map(({ dept_id, name }) => [dept_id, { id: String(dept_id), parentId, name }]),
    );
  }

  async function usersOf(departmentId: number, signal: AbortSignal): Promise<User[]> {
    const all: User[] = [];
    for (let [cursor, pages] = [0, 1]; ; pages++) {
      const asked = { dept_id: departmentId, cursor, size: pageSize };
      const { result } = parse(users, await post('/topapi/v2/user/list', asked, signal));
      all.push(...result.list);
      refuseEndless({ pages, people: all.length });
      if (!result.has_more || !result.next_cursor || result.next_cursor <= cursor) return all;
      cursor = result.next_cursor;
    }
  }

  return {
    check: async (signal) => {
      await usersOf(root, signal);
    },

    read: async (signal) => {
      const found = new Map<number, ReadDepartment>();
      for (let level = [root]; level.length > 0; ) {
        const next = new Map<number, ReadDepartment>();
        await fewAtOnce(level, async (id) => {
          for (const [child, department] of await childrenOf(id, signal))
            if (!found.has(child)) next.set(child, department);
          refuseEndless({ departments: found.size + next.size });
        });
        for (const [id, department] of next) found.set(id, department);
        level = [...next.keys()];
      }
      const people = new Map<string, ReadPerson>();
      await fewAtOnce([root, ...found.keys()], async (departmentId) => {
        for (const one of await usersOf(departmentId, signal)) {
          refuseEndless({ people: people.size });
          if (!people.has(one.userid)) people.set(one.userid, toPerson(one, departmentId, found));
        }
      });
      return { departments: [...found.values()], people: [...people.values()] };
    },
  };
}

/** `active` of DingTalk says whether they have ever opened the app: it is not about whether they may. */
function toPerson(one: User, foundIn: number, known: ReadonlyMap<number, ReadDepartment>): ReadPerson {
  const main = (one.dept_id_list ?? []).find((id) => id === root || known.has(id)) ?? foundIn;
  return {
    id: one.userid,
    name: one.name,
    email: one.org_email || one.email || null,
    emailIsGiven: Boolean(one.org_email),
    number: one.job_number || null,
    title: one.title || null,
    departmentId: main === root ? null : String(main),
    active: true,
  };
}

function codeOf(said: z.infer<typeof answer> | undefined): string {
  if (said === undefined) return '0';
  return said.errcode === '88' && said.sub_code ? said.sub_code : said.errcode;
}

function refused(code: string, message: string) {
  return lacksPermission.has(code)
    ? directoryProblem(
        `DingTalk does not let the app read the people (${code}: ${message}).`,
        'Give the app the permissions qyapi_get_department_list, qyapi_get_department_member and qyapi_get_member, with all employees in their scope.',
      )
    : directoryProblem(
        `DingTalk refused (${code}: ${message}).`,
        'Look the number up in DingTalk’s list of global error codes. An address that is not on the app’s list of server addresses is refused too.',
      );
}

function parse<T extends z.ZodType>(shape: T, body: unknown): z.infer<T> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  throw directoryProblem(
    `DingTalk answered in a shape that is not documented (${result.error.issues[0]?.path.join('.')}).`,
    'Check the address; if it is right, report this as a defect of Clawpool.',
  );
}
