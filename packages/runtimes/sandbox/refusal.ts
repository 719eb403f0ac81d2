/** Switches of the kernel that decide whether a user namespace may be made; undefined where the kernel has none. */
export interface KernelSettings {
  unprivilegedUserNamespaces: string | undefined;
  maxUserNamespaces: string | undefined;
  appArmorRestrictsUserNamespaces: string | undefined;
  inContainer: boolean;
}

/**
 * Turns bubblewrap's complaint into a reason and what to do about it.
 *
 * @param complaint what bubblewrap wrote before it gave up
 */
export function explainRefusal(complaint: string, settings: KernelSettings): { reason: string; hint: string } {
  const said = complaint.trim().split('\n').at(-1) || 'it said nothing';
  const reason = (cause: string) => `${cause} (bubblewrap: ${said.replace(/^bwrap: /, '')})`;
  if (settings.unprivilegedUserNamespaces === '0') {
    return {
      reason: reason('the kernel does not let normal users make user namespaces'),
      hint: switchHint('kernel.unprivileged_userns_clone=1'),
    };
  }
  if (settings.maxUserNamespaces === '0') {
    return { reason: reason('user namespaces are switched off'), hint: switchHint('user.max_user_namespaces=15000') };
  }
  if (settings.appArmorRestrictsUserNamespaces === '1') {
    return {
      reason: reason('AppArmor does not let programs without a profile use user namespaces'),
      hint:
        'Give bubblewrap a profile: apt-get install apparmor-profiles, copy ' +
        '/usr/share/apparmor/extra-profiles/bwrap-userns-restrict to /etc/apparmor.d/ and reload AppArmor. ' +
        `Or lift the restriction for all programs: ${switchHint('kernel.apparmor_restrict_unprivileged_userns=0')}`,
    };
  }
  if (settings.inContainer) {
    return {
      reason: reason('the container this runs in does not allow namespaces of its own'),
      hint:
        'Run Clawpool directly on the machine, or give the container what bubblewrap needs: ' +
        '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined --cap-add SYS_ADMIN.',
    };
  }
  return {
    reason: reason('the kernel refused to build a sandbox'),
    hint: 'Check that the kernel has user, process and network namespaces, and that no security module forbids them (see dmesg).',
  };
}

const switchHint = (setting: string) =>
  `As root: sysctl -w ${setting}, and the same line in /etc/sysctl.d/60-clawpool.conf to keep it.`;
