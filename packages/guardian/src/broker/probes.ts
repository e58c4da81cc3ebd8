import { randomBytes } from "node:crypto";
import type { ToolCall } from "./tool-call.ts";

/** A call that SmartClaw itself has made, to see that it is refused. */
export interface Probe {
  /** In the call. */
  readonly word: string;
  /** In the refusal, and nowhere else. */
  readonly answer: string;
}

export interface Probes {
  mint(): Probe;
  /** @returns the answer to a probe; null for every other call */
  take(call: Pick<ToolCall, "params">): string | null;
}

/** More than are under way at a time. */
const most = 8;

export function createProbes(): Probes {
  const minted: Probe[] = [];
  return {
    mint() {
      const [word, answer] = [randomBytes(24).toString("hex"), randomBytes(24).toString("hex")];
      minted.push({ word, answer });
      if (minted.length > most) minted.shift();
      return { word, answer };
    },
    take({ params }) {
      const at = minted.findIndex(({ word }) => params["sessionKey"] === word);
      return minted.splice(at, at === -1 ? 0 : 1)[0]?.answer ?? null;
    },
  };
}
