/** For whom a sub-agent works. */
export interface Family {
  /** The conversation that had the first of them started. */
  readonly root: string;
  /** What OpenClaw said there of who wrote. */
  readonly isOwner: boolean | null;
}

/**
 * Which conversation let which sub-agent be started. What a sub-agent does is done for that conversation: with its
 * grants, and it has seen what that has seen.
 */
export interface Children {
  /** A call that starts one was let through. */
  expect(parent: string, family: Family): void;
  /** OpenClaw says that it was started. Where no call was let through it is nobody's. */
  started(child: string, parent: string): void;
  /** @returns null for what is no sub-agent, or nobody's; waits for a word that is on the way */
  familyOf(session: string): Promise<Family | null>;
}

/** A sub-agent may call a tool before OpenClaw has told of it, and has told by then; in milliseconds. */
const patienceMs = 3000;
const mostRemembered = 1000;

function isSubAgent(session: string): boolean {
  return /^agent:[^:]+:subagent:/.test(session);
}

export function createChildren(deps: {
  readonly setTimer: (ms: number, run: () => void) => () => void;
}): Children {
  const expected: { readonly parent: string; readonly family: Family }[] = [];
  const known = new Map<string, Family>();
  const waiting = new Map<string, Set<(family: Family | null) => void>>();

  function settle(child: string, family: Family | null): void {
    for (const resolve of waiting.get(child) ?? []) resolve(family);
    waiting.delete(child);
  }

  return {
    expect(parent, family) {
      expected.push({ parent, family });
      if (expected.length > mostRemembered) expected.shift();
    },
    started(child, parent) {
      const at = expected.findIndex((one) => one.parent === parent);
      const [found] = at === -1 ? [] : expected.splice(at, 1);
      // Whose it is said once is not said again.
      if (found === undefined || known.has(child) || !isSubAgent(child)) return;
      known.set(child, found.family);
      const [oldest] = known.keys();
      if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
      settle(child, found.family);
    },
    familyOf(session) {
      const family = known.get(session);
      if (family !== undefined || !isSubAgent(session) || expected.length === 0)
        return Promise.resolve(family ?? null);
      return new Promise((resolve) => {
        const all = waiting.get(session) ?? new Set();
        waiting.set(session, all);
        const cancel = deps.setTimer(patienceMs, () => {
          all.delete(end);
          resolve(null);
        });
        const end = (found: Family | null): void => {
          cancel();
          resolve(found);
        };
        all.add(end);
      });
    },
  };
}
