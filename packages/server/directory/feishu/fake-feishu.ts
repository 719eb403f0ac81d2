import { type FakePlatform, type FakeRequest, startFakePlatform } from '../testing/fake-platform.ts';

/** What the fake takes as the app's. */
export const feishuApp = { appId: 'cli_a1b2', appSecret: 'feishu-secret' };

/**
 * Feishu's contact API v3, as https://open.feishu.cn/document/server-docs/contact-v3 describes it, with pages of at most two so that few
 * people are many pages.
 */
export const startFakeFeishu = (): Promise<FakePlatform> =>
  startFakePlatform({
    token: ({ path, body }, give) => {
      if (path !== '/open-apis/auth/v3/tenant_access_token/internal') return null;
      const good = body.app_id === feishuApp.appId && body.app_secret === feishuApp.appSecret;
      return good
        ? { body: { code: 0, msg: 'ok', tenant_access_token: give(), expire: 7200 } }
        : { body: { code: 10014, msg: 'app secret invalid' } };
    },
    tokenOf: ({ headers }) => headers.authorization?.replace('Bearer ', '') ?? null,
    tokenIsOver: () => ({ status: 400, body: { code: 99991663, msg: 'Invalid access token' } }),
    limited: (seconds) => ({
      status: 429,
      headers: { 'x-ogw-ratelimit-limit': '100', 'x-ogw-ratelimit-reset': String(seconds) },
      body: { code: 99991400, msg: 'request trigger frequency limit' },
    }),
    forbidden: () => ({ status: 400, body: { code: 99991672, msg: 'Access denied. scope required' } }),
    answer: (request, platform) => {
      const departmentId = request.query.get('department_id');
      if (request.path === '/open-apis/contact/v3/departments/0/children') {
        return { body: page(request, platform.departments.map(departmentItem)) };
      }
      if (request.path !== '/open-apis/contact/v3/users/find_by_department' || departmentId === null) {
        return { status: 404, body: { code: 404, msg: 'not found' } };
      }
      const there = platform.people.filter(({ departments = ['0'] }) => departments.includes(departmentId));
      return { body: page(request, there.map(userItem)) };
    },
  });

const departmentItem = ({ id, name, parentId }: FakePlatform['departments'][number]) => ({
  name,
  department_id: `D-${id}`,
  open_department_id: id,
  parent_department_id: parentId ?? '0',
  member_count: 1,
  status: { is_deleted: false },
});

/** Like Feishu: an attribute that is not there is the empty text, or missing. */
const userItem = (person: FakePlatform['people'][number]) => ({
  union_id: person.id,
  open_id: `ou_${person.id}`,
  name: person.name,
  email: person.ownEmail ?? '',
  enterprise_email: person.email ?? '',
  ...(person.number === undefined ? {} : { employee_no: person.number }),
  job_title: person.title ?? '',
  department_ids: person.departments ?? ['0'],
  orders: (person.departments ?? ['0']).map((id, index) => ({
    ...{ department_id: id, user_order: 0, department_order: 1 },
    is_primary_dept: index === 0,
  })),
  status: { is_frozen: false, is_resigned: false, is_activated: true, is_exited: false, is_unjoin: false },
});

function page({ query }: FakeRequest, all: readonly object[]) {
  const size = Math.min(2, Number(query.get('page_size')));
  const from = Number(query.get('page_token') ?? '0');
  const more = from + size < all.length;
  return {
    code: 0,
    msg: 'success',
    data: {
      has_more: more,
      ...(more ? { page_token: String(from + size) } : {}),
      // An empty page comes without items.
      ...(all.length > 0 ? { items: all.slice(from, from + size) } : {}),
    },
  };
}
