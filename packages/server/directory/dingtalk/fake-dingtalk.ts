import { type FakePlatform, startFakePlatform } from '../testing/fake-platform.ts';

/** What the fake takes as the app's. */
export const dingtalkApp = { appId: 'dingabc', appSecret: 'dingtalk-secret' };

/**
 * DingTalk's contact API, as https://open.dingtalk.com/document/orgapp describes it: always HTTP 200, ids of departments are numbers, the root
 * is 1. Pages of at most two, so that few people are many pages.
 */
export const startFakeDingTalk = (): Promise<FakePlatform> =>
  startFakePlatform({
    token: ({ path, query }, give) => {
      if (path !== '/gettoken') return null;
      const good = query.get('appkey') === dingtalkApp.appId && query.get('appsecret') === dingtalkApp.appSecret;
      return good
        ? { body: { errcode: 0, errmsg: 'ok', access_token: give(), expires_in: 7200 } }
        : { body: { errcode: 40096, errmsg: '不合法的appKey或appSecret' } };
    },
    tokenOf: ({ query }) => query.get('access_token'),
    tokenIsOver: () => ({
      body: { errcode: 88, sub_code: '40014', errmsg: 'ding talk error', sub_msg: '不合法的access_token' },
    }),
    limited: (seconds) => ({
      headers: { 'retry-after': String(seconds) },
      body: {
        errcode: 88,
        sub_code: '90018',
        errmsg: 'ding talk error',
        sub_msg: '您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了',
      },
    }),
    forbidden: () => ({
      body: { errcode: 88, sub_code: '60011', errmsg: 'ding talk error', sub_msg: '没有调用该接口的权限' },
    }),
    answer: ({ path, body }, platform) => {
      const id = body.dept_id === 1 ? undefined : String(body.dept_id);
      if (path === '/topapi/v2/department/listsub') {
        const below = platform.departments.filter(({ parentId }) => parentId === id);
        return {
          body: {
            ...{ errcode: 0, errmsg: 'ok', request_id: 'r1' },
            result: below.map((one) => ({
              dept_id: Number(one.id),
              name: one.name,
              parent_id: Number(one.parentId ?? 1),
            })),
          },
        };
      }
      if (path !== '/topapi/v2/user/list') return { body: { errcode: 22, errmsg: 'Invalid method' } };
      const there = platform.people.filter(({ departments = [] }) =>
        id === undefined ? departments.length === 0 : departments.includes(id),
      );
      const from = Number(body.cursor);
      const more = from + 2 < there.length;
      return {
        body: {
          ...{ errcode: 0, errmsg: 'ok', request_id: 'r2' },
          result: {
            has_more: more,
            ...(more ? { next_cursor: from + 2 } : {}),
            list: there.slice(from, from + 2).map(userItem),
          },
        },
      };
    },
  });

/** `active` is false of whoever has never opened the app. */
const userItem = (person: FakePlatform['people'][number]) => ({
  userid: person.id,
  unionid: `union-${person.id}`,
  name: person.name,
  ...(person.email === undefined ? {} : { org_email: person.email }),
  ...(person.ownEmail === undefined ? {} : { email: person.ownEmail }),
  ...(person.number === undefined ? {} : { job_number: person.number }),
  ...(person.title === undefined ? {} : { title: person.title }),
  dept_id_list: (person.departments ?? ['1']).map(Number),
  active: false,
});
