/**
 * The system call filter of a runtime, as the kernel's classic BPF program (seccomp_filter.rst of the kernel's documentation).
 * Namespaces and dropped capabilities already take most of these calls' power away; the filter also closes what
 * namespaces do not cover (vsock sockets reach the hypervisor from any network namespace, keyrings and the kernel log are
 * the host's) and keeps code of the kernel that an agent never needs out of a hostile agent's reach.
 *
 * Undefined on processors other than x86-64 and arm64: there the boundary stands without it.
 */
export function syscallFilter(architecture: string): Buffer | undefined {
  const target = architectures[architecture];
  if (!target) return undefined;
  const { audit, numbers } = target;
  const x32 = architecture === 'x64' ? [jumpUnlessAtLeast(0x4000_0000, 1), refuse(ENOSYS)] : [];
  return Buffer.concat([
    load(offsets.architecture),
    jumpIfEqual(audit, 1),
    killProcess,
    load(offsets.number),
    ...x32,
    ...Object.keys(numbers.refused).flatMap((name) => [
      jumpUnlessEqual(numbers.refused[name] as number, 1),
      refuse(EPERM),
    ]),
    // Its flags sit in memory, where a filter cannot look. C libraries fall back to clone when it is missing.
    jumpUnlessEqual(numbers.clone3, 1),
    refuse(ENOSYS),
    ...refuseIfAnyBit(numbers.clone, 0, namespaceFlags),
    ...refuseIfAnyBit(numbers.unshare, 0, namespaceFlags | 0x80), // 0x80: a time namespace; in clone it is part of the signal
    ...onlySocketsOfFamilies(numbers.socket),
    ...refuseArgument(numbers.ioctl, 1, [0x5412, 0x541c]), // TIOCSTI and TIOCLINUX type into someone's terminal
    allow,
  ]);
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e02_0000;

const sameNumberEverywhere = {
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
  quotactl_fd: 443,
};

interface SyscallNumbers {
  refused: Record<string, number>;
  clone: number;
  clone3: number;
  unshare: number;
  socket: number;
  ioctl: number;
}

/** Numbers from the kernel's headers: asm/unistd_64.h for x86-64, asm-generic/unistd.h for arm64. */
const architectures: Readonly<Record<string, { audit: number; numbers: SyscallNumbers }>> = {
  x64: {
    audit: 0xc000_003e,
    numbers: {
      clone: 56,
      clone3: 435,
      unshare: 272,
      socket: 41,
      ioctl: 16,
      refused: {
        syslog: 103,
        pivot_root: 155,
        chroot: 161,
        acct: 163,
        settimeofday: 164,
        mount: 165,
        umount2: 166,
        swapon: 167,
        swapoff: 168,
        reboot: 169,
        sethostname: 170,
        setdomainname: 171,
        iopl: 172,
        ioperm: 173,
        init_module: 175,
        delete_module: 176,
        quotactl: 179,
        lookup_dcookie: 212,
        clock_settime: 227,
        kexec_load: 246,
        add_key: 248,
        request_key: 249,
        keyctl: 250,
        perf_event_open: 298,
        fanotify_init: 300,
        name_to_handle_at: 303,
        open_by_handle_at: 304,
        clock_adjtime: 305,
        setns: 308,
        finit_module: 313,
        kexec_file_load: 320,
        bpf: 321,
        userfaultfd: 323,
        ...sameNumberEverywhere,
      },
    },
  },
  arm64: {
    audit: 0xc000_00b7,
    numbers: {
      clone: 220,
      clone3: 435,
      unshare: 97,
      socket: 198,
      ioctl: 29,
      refused: {
        lookup_dcookie: 18,
        umount2: 39,
        mount: 40,
        pivot_root: 41,
        chroot: 51,
        quotactl: 60,
        acct: 89,
        kexec_load: 104,
        init_module: 105,
        delete_module: 106,
        clock_settime: 112,
        syslog: 116,
        reboot: 142,
        sethostname: 161,
        setdomainname: 162,
        settimeofday: 170,
        add_key: 217,
        request_key: 218,
        keyctl: 219,
        swapon: 224,
        swapoff: 225,
        perf_event_open: 241,
        fanotify_init: 262,
        name_to_handle_at: 264,
        open_by_handle_at: 265,
        clock_adjtime: 266,
        setns: 268,
        finit_module: 273,
        bpf: 280,
        userfaultfd: 282,
        kexec_file_load: 294,
        ...sameNumberEverywhere,
      },
    },
  },
};

/** Unix, IPv4 and IPv6 sockets, and of netlink only the part that lists network interfaces (NETLINK_ROUTE, protocol 0). */
function onlySocketsOfFamilies(socket: number): Buffer[] {
  const families = { unix: 1, inet: 2, netlink: 16, inet6: 10 };
  return [
    jumpUnlessEqual(socket, 9),
    load(argument(0)),
    jumpIfEqual(families.unix, 6),
    jumpIfEqual(families.inet, 5),
    jumpIfEqual(families.inet6, 4),
    jumpUnlessEqual(families.netlink, 2),
    load(argument(2)),
    jumpIfEqual(0, 1),
    refuse(EAFNOSUPPORT),
    allow,
  ];
}

function refuseIfAnyBit(call: number, index: number, bits: number): Buffer[] {
  return [
    jumpUnlessEqual(call, 4),
    load(argument(index)),
    instruction(JUMP_IF_ANY_BIT, bits, 0, 1),
    refuse(EPERM),
    allow,
  ];
}

function refuseArgument(call: number, index: number, values: readonly number[]): Buffer[] {
  const checks = values.flatMap((value) => [jumpUnlessEqual(value, 1), refuse(EPERM)]);
  return [jumpUnlessEqual(call, checks.length + 2), load(argument(index)), ...checks, allow];
}

// --- the instructions (linux/filter.h), and what they look at (struct seccomp_data) ---

const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;

const offsets = { number: 0, architecture: 4, arguments: 16 };
/** The lower half of an argument, which is all the kernel looks at for those we check. */
const argument = (index: number) => offsets.arguments + 8 * index;

const load = (offset: number) => instruction(LOAD_WORD, offset);
const jumpIfEqual = (value: number, skip: number) => instruction(JUMP_IF_EQUAL, value, skip, 0);
const jumpUnlessEqual = (value: number, skip: number) => instruction(JUMP_IF_EQUAL, value, 0, skip);
const jumpUnlessAtLeast = (value: number, skip: number) => instruction(JUMP_IF_AT_LEAST, value, 0, skip);
const refuse = (errno: number) => instruction(RETURN, 0x0005_0000 | errno);
const allow = instruction(RETURN, 0x7fff_0000);
const killProcess = instruction(RETURN, 0x8000_0000);

function instruction(code: number, value: number, jumpTrue = 0, jumpFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(jumpTrue, 2);
  bytes.writeUInt8(jumpFalse, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
