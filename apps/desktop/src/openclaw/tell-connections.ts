import type { Log } from "@smartclaw/contracts";
import {
  type ConfiguredModels,
  type Gateway,
  type SecretsWindow,
  untilModelsApplied,
} from "@smartclaw/openclaw";

/** How long OpenClaw may take to ask for its secrets and to work with a configuration that changed. */
const patienceMs = 20_000;

export interface ConnectionTeller {
  /** The connections are others now. */
  changed(): void;
  /** OpenClaw is ready, and takes a new configuration again. */
  ready(): void;
  /** Resolves when OpenClaw works with the connections of now, or does not seem to take them. */
  told(): Promise<void>;
}

/**
 * Tells a running OpenClaw which models there are. It watches its file and asks for its secrets again when that
 * changes. While it starts the file must stay as it is: it would refuse to start from a configuration that changed
 * under its hands. One change after the other: a window for secrets is good for one answer, and of two reloads at once
 * the second would get none.
 */
export function createConnectionTeller(deps: {
  readonly secretsWindow: Pick<SecretsWindow, "open" | "close">;
  readonly writeConfig: () => void;
  readonly gateway: Gateway;
  readonly isReady: () => boolean;
  readonly models: () => ConfiguredModels;
  readonly log: Log;
}): ConnectionTeller {
  const { secretsWindow, log } = deps;
  let untold = false;
  let telling = false;
  let told: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    await secretsWindow.open();
    deps.writeConfig();
    try {
      await untilModelsApplied(deps.gateway, deps.models(), AbortSignal.timeout(patienceMs));
    } finally {
      // When OpenClaw is being started anew meanwhile, the window is open for that.
      if (deps.isReady()) secretsWindow.close();
    }
  }

  async function tellAll(): Promise<void> {
    telling = true;
    while (untold && deps.isReady()) {
      untold = false;
      await tell().catch((error: unknown) =>
        log.error({ error: String(error) }, "the new connections could not be told to OpenClaw"),
      );
    }
    telling = false;
  }

  function tellIfReady(): void {
    if (untold && !telling) told = tellAll();
  }

  return {
    changed() {
      untold = true;
      tellIfReady();
    },
    ready: tellIfReady,
    told: () => told,
  };
}
