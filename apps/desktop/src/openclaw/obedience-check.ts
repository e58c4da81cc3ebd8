import type { Log } from "@smartclaw/contracts";
import { type Disobedience, disobedienceOf, type Gateway, type ObedienceQuestion } from "@smartclaw/openclaw";

/** OpenClaw may be taking a new configuration, or be busy: one look is none. */
const looks = 3;
const betweenMs = 3000;

export interface ObedienceCheckDeps {
  readonly gateway: Pick<Gateway, "request">;
  readonly question: () => Promise<ObedienceQuestion>;
  /** The OpenClaw that is ready; null when none is. */
  readonly ready: () => number | null;
  readonly disobeys: (what: Disobedience) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

/**
 * Looks, after each start and each change of its configuration, whether OpenClaw does what it was told. Where it does
 * not tell at all, that counts as a no in Agentic Mode, in which something could be done.
 */
export function createObedienceCheck(deps: ObedienceCheckDeps): { check(): Promise<void> } {
  const { ready, log } = deps;

  async function look(): Promise<Disobedience | null> {
    const question = await deps.question();
    try {
      return await disobedienceOf(deps.gateway, question);
    } catch (error) {
      log.warn({ error: String(error) }, "whether OpenClaw does what it was told is not known");
      return question.agenticMode
        ? { of: "plugin", finding: "did not tell whether it lets Guardian decide" }
        : null;
    }
  }

  return {
    async check() {
      const asked = ready();
      let found: Disobedience | null = null;
      for (let at = 0; at < looks; at++) {
        if (at > 0) await deps.sleep(betweenMs);
        if (asked === null || ready() !== asked) return;
        found = await look();
        if (found === null) return;
      }
      // Whoever has ended meanwhile did not answer because of that.
      if (found !== null && ready() === asked) deps.disobeys(found);
    },
  };
}
