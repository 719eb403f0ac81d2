import { describe, expect, it } from 'vitest';
import type { KernelSettings } from './refusal.ts';
import { explainRefusal } from './refusal.ts';

const open: KernelSettings = {
  unprivilegedUserNamespaces: undefined,
  maxUserNamespaces: '95000',
  appArmorRestrictsUserNamespaces: undefined,
  inContainer: false,
};

describe('the reason why no sandbox can be built', () => {
  it.each([
    [{ unprivilegedUserNamespaces: '0' }, 'sysctl -w kernel.unprivileged_userns_clone=1'],
    [{ maxUserNamespaces: '0' }, 'sysctl -w user.max_user_namespaces='],
    [{ appArmorRestrictsUserNamespaces: '1' }, 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
    [{ inContainer: true }, 'Run Clawpool directly on the machine'],
  ])('comes with the switch to change for %o', (settings, hint) => {
    const refusal = explainRefusal('bwrap: No permissions to create new namespace\n', { ...open, ...settings });
    expect(refusal.hint).toContain(hint);
    expect(refusal.reason).toContain('(bubblewrap: No permissions to create new namespace)');
  });

  it('never is empty', () => {
    expect(explainRefusal('', open).reason).toBe('the kernel refused to build a sandbox (bubblewrap: it said nothing)');
  });
});
