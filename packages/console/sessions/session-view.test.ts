import { describe, expect, it } from 'vitest';
import { queryOf, sessionViewOf } from './session-view.ts';

describe('the address of the list', () => {
  it('says what is shown, without what is as usual', () => {
    expect(sessionViewOf({ state: 'taken_over', path: 'api', search: 7, page: '3' })).toEqual({
      state: 'taken_over',
      path: 'api',
      search: '7',
      page: 3,
    });
    expect(sessionViewOf({ state: 'active', page: 1 })).toEqual({});
  });

  it('is not believed when somebody else has written it', () => {
    expect(sessionViewOf({ state: 'secret', path: ['emp'], search: {}, page: -4 })).toEqual({});
    expect(sessionViewOf({ search: 'x'.repeat(500) }).search).toHaveLength(100);
  });

  it('becomes a question for one page of sessions', () => {
    expect(queryOf({})).toMatchObject({ state: 'active', offset: 0, limit: 50 });
    expect(queryOf({ state: 'ended', page: 3 })).toMatchObject({ state: 'ended', offset: 100 });
  });
});
