import type { Proof } from "./proof.ts";
import { runIsolated } from "./isolation.ts";

interface Seen {
  readonly answers: string[];
  readonly names: string[];
  readonly packets: number;
  readonly refused: string[];
  readonly controlNames: string[];
}

/** Installation aside, nothing of SmartClaw or OpenClaw speaks to anyone but the model that the user chose. */
export const nothingCallsHome: Proof = {
  id: "nothing-calls-home",
  title: "Nothing calls home",
  limit:
    "Shows a start, two chats and half a minute of rest; jobs that OpenClaw runs only once in many hours are covered by the same refusal in its process, not by waiting for them.",
  async run() {
    const seen = await runIsolated<Seen>("./nothing-calls-home.isolated.ts", {});
    return {
      holds: seen.answers.every((answer) => answer !== "") && seen.names.length === 0 && seen.packets === 0,
      control: seen.controlNames.length > 0,
      evidence: [
        `in a network of its own, with a model stand-in on loopback: ${seen.answers.length} answers (“${seen.answers.join("”, “")}”)`,
        `names asked for: ${seen.names.length === 0 ? "none" : seen.names.join(", ")}; packets that left: ${seen.packets}`,
        `stopped before they could leave: ${seen.refused.length === 0 ? "nothing tried" : seen.refused.join(", ")}`,
        `control: the same OpenClaw without SmartClaw asked for ${seen.controlNames.join(", ") || "nothing"}`,
      ],
    };
  },
};
