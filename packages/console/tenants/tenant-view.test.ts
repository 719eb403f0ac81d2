import { describe, expect, it } from 'vitest';
import { batchFilterOf, isFiltered, pageOf, queryOf, sortedBy, tenantViewOf } from './tenant-view.ts';

describe('the address of the list', () => {
  it('keeps what can be shown and forgets everything else', () => {
    expect(
      tenantViewOf({
        search: 7,
        state: 'running',
        tier: 'standard',
        tag: 'team:x',
        sort: 'memory',
        descending: true,
        page: 3,
        evil: '<script>',
      }),
    ).toEqual({
      search: '7',
      state: 'running',
      tier: 'standard',
      tag: 'team:x',
      sort: 'memory',
      descending: true,
      page: 3,
    });
    expect(
      tenantViewOf({ search: '', state: 'happy', tag: 'no colon', sort: 'password', page: -2, deleted: 'yes' }),
    ).toEqual({});
  });

  it('names nothing that is as usual', () => {
    expect(tenantViewOf({ sort: 'name', page: 1 })).toEqual({});
    expect(isFiltered({ sort: 'memory', page: 4 })).toBe(false);
    expect(isFiltered({ group: 'blue' })).toBe(true);
  });

  it('becomes a query of one page', () => {
    expect(queryOf({ page: 3, deleted: true })).toMatchObject({
      offset: 100,
      limit: 50,
      sort: 'name',
      deleted: 'true',
    });
    expect(queryOf({})).not.toHaveProperty('deleted');
  });
});

describe('sorting', () => {
  it('turns the order round on the second click and begins anew on another column', () => {
    expect(sortedBy({}, 'name')).toEqual({ sort: undefined, descending: true, page: undefined });
    expect(sortedBy({ descending: true }, 'name')).toMatchObject({ descending: undefined });
    expect(sortedBy({ sort: 'memory', descending: true, page: 4 }, 'disk')).toEqual({
      sort: 'disk',
      descending: undefined,
      page: undefined,
    });
  });
});

describe('pages', () => {
  it.each([
    [{}, 10_000, { page: 1, pages: 200 }],
    [{ page: 200 }, 9_951, { page: 200, pages: 200 }],
    [{ page: 9 }, 60, { page: 9, pages: 2 }],
    [{}, 0, { page: 1, pages: 1 }],
  ])('%j of %d tenants is %j', (view, total, expected) => {
    expect(pageOf(view, total)).toEqual(expected);
  });
});

describe('a batch for everything that fits', () => {
  it('says so by the same filter', () => {
    expect(batchFilterOf({ state: 'running', tag: 'team:x', sort: 'memory', page: 2 })).toEqual({
      state: 'running',
      tag: 'team:x',
    });
    expect(batchFilterOf({})).toEqual({});
  });

  it('cannot say a search, so that the tenants have to be named', () => {
    expect(batchFilterOf({ search: 'carol', state: 'running' })).toBeNull();
  });
});
