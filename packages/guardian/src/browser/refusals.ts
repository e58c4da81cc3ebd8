import type { Clock } from "@smartclaw/contracts";

/** What the assistant's browser was not let through to, so that it can be told plainly. */
export interface Refusals {
  /** @param why for people */
  note(host: string, port: number, why: string): void;
  /** Sentences, the latest last. @param at milliseconds */
  since(at: number): readonly string[];
}

const most = 200;

/** Chromium itself asks here for updates of its parts, whatever it is told; no page and no assistant waits for them. */
const ofChromium: ReadonlySet<string> = new Set(["update.googleapis.com"]);

export function createRefusals(clock: Clock): Refusals {
  /** The sentence and when it was last true, in this order. */
  const kept = new Map<string, number>();
  return {
    note(host, port, why) {
      if (ofChromium.has(host)) return;
      const shown = /^[a-z0-9._:-]{1,253}$/i.test(host) ? host : "(not a host name)";
      const sentence = `SmartClaw's Guardian did not let the browser reach ${shown}, port ${port}: ${why.replace(/\.$/, "")}.`;
      kept.delete(sentence);
      kept.set(sentence, clock.now());
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    },
    since: (at) => [...kept].flatMap(([sentence, last]) => (last >= at ? [sentence] : [])),
  };
}
