import { randomUUID } from "node:crypto";
import { connectionId, type Log } from "@smartclaw/contracts";
import type { ModelRoute } from "@smartclaw/egress";
import { type Chat, type Gateway, startStandInModel, standInModel, takeTurnAside } from "@smartclaw/openclaw";

/** Connections of the user's are called after their kind. */
const id = connectionId.parse("smartclaw-trial");

/** Has the OpenClaw that people talk with show that it brings a model's answer to the chat. */
export interface TrialTurn {
  /** The way through the model proxy to the model that stands in for the user's; null but during a trial. */
  route(): TrialRoute | null;
  /**
   * @param version of OpenClaw, for the sentence of a failure
   * @param turnMs how long the answer may take, in milliseconds
   * @throws SmartClawError UPDATE_UNHEALTHY, CANCELLED, GATEWAY_NOT_READY
   */
  take(version: string, turnMs: number, signal: AbortSignal): Promise<void>;
}

type TrialRoute = ModelRoute & { readonly models: readonly (typeof standInModel)[] };

/**
 * The turn goes the way of every other: the configuration that OpenClaw reads while it runs, the model proxy, the chat.
 * Only the model is another, so that nothing is sent anywhere and no key is used.
 */
export function createTrialTurn(deps: {
  readonly gateway: Gateway;
  readonly chat: Chat;
  /** Tells OpenClaw of `route`, or that there is none any more. */
  readonly tell: () => Promise<void>;
  readonly log: Log;
}): TrialTurn {
  let route: TrialRoute | null = null;
  return {
    route: () => route,
    async take(version, turnMs, signal) {
      const word = randomUUID();
      const standIn = await startStandInModel({ word, command: null });
      try {
        route = {
          id,
          label: "Trial of an update",
          api: standInModel.api,
          baseUrl: standIn.baseUrl,
          model: standInModel.id,
          models: [standInModel],
        };
        await deps.tell();
        const model = `${id}/${standInModel.id}`;
        await takeTurnAside(word, model, { ...deps, version, turnMs, signal, newId: randomUUID });
      } finally {
        route = null;
        await Promise.all([deps.tell(), standIn.close()]);
      }
    },
  };
}
