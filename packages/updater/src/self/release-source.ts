import { createFaults, type Errand, fetchOf, lookFor } from "../find/errand-faults.ts";
import type { RequestDeps } from "../find/recorded-request.ts";
import type { Look } from "./release-client.ts";

export interface ReleaseSourceDeps extends RequestDeps {
  /** Text of the root metadata that is trusted: the one that came with SmartClaw, or that its owner pinned. */
  readonly root: string;
  /** Address of the repository's folder, which has `metadata/` and `targets/`. https, except on this computer. */
  readonly url: string;
  /** For the metadata that was verified; its own, made with mode 0700. */
  readonly folder: string;
  /** Whose archive is wanted, by Node's names of platform and architecture: "linux-x64". */
  readonly platform: string;
}

/**
 * SmartClaw's own releases, signed with The Update Framework:
 * https://theupdateframework.github.io/specification/latest/. Each request is in the ledger, and none is repeated.
 *
 * Faults of both: NETWORK_UNREACHABLE without an answer, UPDATE_REFUSED for what is not to be trusted or has run out,
 * NOT_FOUND for what is not on offer, CANCELLED when `signal` aborts, DISK_FULL; whatever the ledger throws.
 */
export interface ReleaseSource {
  /** The newest release; `node` is what npm calls `engines.node`. @throws SmartClawError */
  newest(signal: AbortSignal): Promise<{ version: string; node: string; bytes: number }>;
  /**
   * Fetches the archive of the newest release, which has to be `version`, into the folder `destination`. It has its name
   * there only when it was verified, and is durable then. One that is there already is verified and not fetched again.
   * @param progress bytes received, and to be received
   * @returns path of the .tgz
   * @throws SmartClawError
   */
  fetch(
    version: string,
    destination: string,
    progress: (received: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<string>;
}

export function createReleaseSource(deps: ReleaseSourceDeps): ReleaseSource {
  const looks = createLine();
  const fetches = createLine();
  // 13 MB of memory that nobody needs who has not looked yet.
  const loadClient = () => import("./release-client.ts");
  const lookOnce = (errand: Errand, signal: AbortSignal): Promise<Look> =>
    looks(async () => (await loadClient()).look(deps, errand, signal));
  return {
    async newest(signal) {
      const { version, node, bytes } = await lookOnce(lookFor("SmartClaw"), signal);
      return { version, node, bytes };
    },
    fetch: (version, folder, progress, signal) =>
      fetches(async () => {
        const errand = fetchOf(`SmartClaw ${version}`);
        const found = await lookOnce(errand, signal);
        if (found.version !== version)
          throw createFaults(errand).absent(`${found.address.host} offers ${found.version} in its place`);
        const { fetchArchive } = await loadClient();
        return fetchArchive(deps, errand, found, { folder, progress }, signal);
      }),
  };
}

/** Lets one in after the other. */
function createLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
