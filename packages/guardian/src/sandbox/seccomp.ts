/**
 * What a sandboxed program may not ask of the kernel, as a classic BPF program for `seccomp(2)`: sockets of families
 * that lead out of a network namespace (Unix sockets to other programs, the hypervisor, Bluetooth, the kernel's
 * ciphers), the keys that the kernel keeps for the user, and io_uring, which opens sockets past this filter.
 *
 * Format: `struct sock_filter` of `linux/filter.h`; offsets of `struct seccomp_data` of `linux/seccomp.h`.
 */

interface Architecture {
  /** AUDIT_ARCH_* of `linux/audit.h`. */
  readonly audit: number;
  readonly socket: number;
  readonly refused: readonly number[];
  /** From this number on calls are of another ABI (x32); null when there is none. */
  readonly otherAbi: number | null;
}

/** io_uring_setup, io_uring_enter, io_uring_register: the same everywhere. */
const uring = [425, 426, 427];

const architectures: Readonly<Record<string, Architecture>> = {
  // add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd
  x64: { audit: 0xc000_003e, socket: 41, refused: [248, 249, 250, 298, 321, 323], otherAbi: 0x4000_0000 },
  arm64: { audit: 0xc000_00b7, socket: 198, refused: [217, 218, 219, 241, 280, 282], otherAbi: null },
};

/** AF_INET, AF_INET6, AF_NETLINK: each is the namespace's own. */
const families = [2, 10, 16];

const load = 0x20; // BPF_LD | BPF_W | BPF_ABS
const ifEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const ifAtLeast = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const answer = 0x06; // BPF_RET | BPF_K
const allowed = 0x7fff_0000; // SECCOMP_RET_ALLOW
const killed = 0x8000_0000; // SECCOMP_RET_KILL_PROCESS
const notPermitted = 0x0005_0001; // SECCOMP_RET_ERRNO | EPERM
const notThere = 0x0005_0026; // SECCOMP_RET_ERRNO | ENOSYS

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Instructions to skip when the test holds, and when not. */
  readonly jump?: readonly [number, number];
}

/**
 * The filter's bytes, little-endian, as `bwrap --seccomp` reads them.
 * @param architecture as `process.arch` names it
 * @returns null where no filter is known
 */
export function seccompFilter(architecture: string): Uint8Array | null {
  const arch = architectures[architecture];
  if (arch === undefined) return null;
  const refuse = (call: number, how: number): Instruction[] => [
    { code: ifEqual, value: call, jump: [0, 1] },
    { code: answer, value: how },
  ];
  const program: Instruction[] = [
    { code: load, value: 4 },
    { code: ifEqual, value: arch.audit, jump: [1, 0] },
    { code: answer, value: killed },
    { code: load, value: 0 },
    ...(arch.otherAbi === null
      ? []
      : [{ code: ifAtLeast, value: arch.otherAbi, jump: [0, 1] } as const, { code: answer, value: killed }]),
    ...uring.flatMap((call) => refuse(call, notThere)),
    ...arch.refused.flatMap((call) => refuse(call, notPermitted)),
    { code: ifEqual, value: arch.socket, jump: [1, 0] },
    { code: answer, value: allowed },
    { code: load, value: 16 },
    ...families.flatMap((family): Instruction[] => [
      { code: ifEqual, value: family, jump: [0, 1] },
      { code: answer, value: allowed },
    ]),
    { code: answer, value: notPermitted },
  ];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [at, { code, value, jump }] of program.entries()) {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, jump?.[0] ?? 0);
    view.setUint8(at * 8 + 3, jump?.[1] ?? 0);
    view.setUint32(at * 8 + 4, value, true);
  }
  return bytes;
}
