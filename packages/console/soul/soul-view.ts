import { type LayerScope, layerScope } from '@clawpool/contracts';

export const soulTabs = ['layers', 'proposals'] as const;

/** What of the layers is shown. It is the page's address, so everything that is as usual is absent. */
export interface SoulView {
  tab?: 'proposals' | undefined;
  search?: string | undefined;
  scope?: LayerScope | undefined;
  /** Proposals that are over, too. */
  all?: true | undefined;
}

/** Reads an address that anybody may have written. */
export function soulViewOf(search: Record<string, unknown>): SoulView {
  const view: SoulView = {
    tab: search.tab === 'proposals' ? 'proposals' : undefined,
    // The router reads `?search=007` as a number; here it is a text.
    search: ['string', 'number'].includes(typeof search.search)
      ? String(search.search).slice(0, 100) || undefined
      : undefined,
    scope: layerScope.options.find((scope) => scope === search.scope),
    all: search.all === true ? true : undefined,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

let last: SoulView = {};

/** The list as it was left: a layer's page leads back to it. */
export const lastView = (): SoulView => last;

export function rememberView(view: SoulView): void {
  last = view;
}
