import type { Log } from "@smartclaw/contracts";
import { type Gateway, type SecretsWindow, untilDefaultModel } from "@smartclaw/openclaw";

/** How long OpenClaw may take to ask for its secrets after its configuration changed. */
const reloadMs = 10_000;

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
 * under its hands.
 */
export function createConnectionTeller(deps: {
  readonly secretsWindow: Pick<SecretsWindow, "open" | "close">;
  readonly writeConfig: () => void;
  readonly gateway: Gateway;
  readonly isReady: () => boolean;
  /** What answers unless a conversation asks for another; null while there is none. */
  readonly defaultModel: () => { readonly provider: string; readonly model: string } | null;
  readonly log: Log;
}): ConnectionTeller {
  let untold = false;
  let told: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    await deps.secretsWindow.open();
    deps.writeConfig();
    const wanted = deps.defaultModel();
    if (wanted !== null) await untilDefaultModel(deps.gateway, wanted, AbortSignal.timeout(reloadMs));
  }

  function tellIfReady(): void {
    if (!untold || !deps.isReady()) return;
    untold = false;
    told = tell().catch((error: unknown) =>
      deps.log.error({ error: String(error) }, "the new connections could not be told to OpenClaw"),
    );
    setTimeout(() => deps.secretsWindow.close(), reloadMs).unref();
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
