import {
  type Clock,
  type Connection,
  type ConnectionCheck,
  connectionId,
  type ConnectionId,
  type ConnectionKind,
  type ErrorReport,
  type NewConnection,
  Secret,
  secretIdOf,
  type SecretStore,
  SmartClawError,
} from "@smartclaw/contracts";
import { firstModel, modelNamed, providerDefaults } from "./defaults.ts";
import type { StoredConnection } from "./connection-file.ts";
import type { ConnectionStore } from "./store.ts";

/** A way to a model that is not kept yet. */
interface Candidate extends Pick<StoredConnection, "id" | "kind" | "label" | "api" | "baseUrl" | "model"> {
  readonly key: Secret | null;
}

/** What the model proxy can do with a candidate. */
interface CandidateChecker {
  /** One real completion. */
  check(candidate: Candidate): Promise<ConnectionCheck>;
  /** The provider's own list of models, or why there is none. */
  listModels(candidate: Candidate): Promise<{ models: readonly string[]; fault: ErrorReport | null }>;
  /** Cuts what still runs with this connection's key, which was deleted or replaced. */
  forget(id: ConnectionId, why: "deleted" | "replaced"): void;
}

export interface Connections {
  list(): Connection[];
  get(id: ConnectionId): Connection;
  add(
    request: NewConnection,
    options: { keepAnyway: boolean },
  ): Promise<{ connection: Connection | null; check: ConnectionCheck }>;
  test(id: ConnectionId): Promise<ConnectionCheck>;
  rotate(id: ConnectionId, key: Secret): Promise<{ connection: Connection; check: ConnectionCheck }>;
  remove(id: ConnectionId): boolean;
  setDefault(id: ConnectionId, model: string | undefined): Promise<Connection>;
}

/**
 * The user's ways to models. A key is checked with one real completion before anything is kept, and goes to the vault
 * before the connection that needs it is written: after a crash in between there is at most an unused secret, never a
 * connection whose key was lost.
 */
export function createConnections(deps: {
  store: ConnectionStore;
  secrets: SecretStore;
  checker: CandidateChecker;
  clock: Clock;
  /** Called after what OpenClaw may use has changed. */
  changed: () => void;
}): Connections {
  const { store, secrets, checker } = deps;

  const stored = (id: ConnectionId): StoredConnection => {
    const found = store.find(id);
    if (found !== null) return found;
    throw new SmartClawError(
      "NOT_FOUND",
      "This connection is not there any more.",
      "Look at the Keys page for those that are.",
    );
  };
  const get = (id: ConnectionId): Connection => {
    const found = store.list().find((one) => one.id === id);
    return (
      found ?? {
        ...stored(id),
        hasKey: false,
        keyVersion: null,
        rotatedAt: null,
        lastUsedAt: null,
        isDefault: false,
      }
    );
  };
  /** Both or none: a key whose connection could not be written is of no use to anyone. */
  const keep = (one: StoredConnection, key: Secret | null): void => {
    if (key !== null) secrets.put(secretIdOf(one.id), key);
    try {
      store.save(one);
    } catch (error) {
      if (key !== null) tryToRemove(one.id);
      throw error;
    }
  };
  const tryToRemove = (id: ConnectionId): void => {
    try {
      secrets.remove(secretIdOf(id));
    } catch {
      // Told is why the connection could not be written; that its key stays in the vault, unused, harms nobody.
    }
  };
  const candidateOf = (one: StoredConnection, key: Secret | null): Candidate => ({ ...one, key });

  return {
    list: () => store.list(),
    get,
    async add(request, { keepAnyway }) {
      const defaults = providerDefaults[request.kind];
      const key =
        request.key === undefined || request.key.trim() === "" ? null : Secret.fromText(request.key.trim());
      if (defaults.needsKey && key === null)
        throw new SmartClawError(
          "BAD_REQUEST",
          `${defaults.label} needs a key.`,
          "Paste the key and try again.",
        );
      const baseUrl = (request.baseUrl ?? defaults.baseUrl)?.replace(/\/+$/, "");
      if (baseUrl === undefined)
        throw new SmartClawError(
          "BAD_REQUEST",
          "The address is missing.",
          "Give the base URL, such as https://example.org/v1.",
        );
      const base = {
        id: freeId(request.kind, store),
        kind: request.kind,
        label: request.label ?? (request.kind === "compatible" ? new URL(baseUrl).host : defaults.label),
        api: request.api ?? defaults.api,
        baseUrl,
        key,
      };
      const { models: listed, fault } = await checker.listModels({ ...base, model: request.model ?? "" });
      const model = request.model ?? firstModel(defaults.models, listed);
      if (model === null && fault !== null && fault.code !== "MODEL_NOT_FOUND")
        return { connection: null, check: { ok: false, at: deps.clock.now(), error: fault } };
      if (model === null)
        throw new SmartClawError(
          "MODEL_NOT_FOUND",
          `${base.label} did not say which models it has.`,
          "Give the model's name and try again.",
        );
      const check = await checker.check({ ...base, model });
      if (!check.ok && !keepAnyway) return { connection: null, check };
      const names = listed.includes(model) ? listed : [model, ...listed];
      const { key: _key, ...kept } = base;
      // Named again: another one may have been added while this one was checked.
      const id = freeId(request.kind, store);
      const addedAt = deps.clock.now();
      keep({ ...kept, id, model, models: names.map(modelNamed), addedAt, lastCheck: check }, key);
      deps.changed();
      return { connection: get(id), check };
    },
    async test(id) {
      const one = stored(id);
      const check = await checker.check(candidateOf(one, secrets.get(secretIdOf(id))));
      store.save({ ...stored(id), lastCheck: check });
      return check;
    },
    async rotate(id, key) {
      const check = await checker.check(candidateOf(stored(id), key));
      // It may have been deleted meanwhile; then its key must not come back.
      stored(id);
      if (check.ok) {
        secrets.put(secretIdOf(id), key);
        // From here on the new key is the one that is used, so nothing below may be reported as a failure.
        checker.forget(id, "replaced");
        store.noteCheck(id, check);
      }
      return { connection: get(id), check };
    },
    remove(id) {
      secrets.remove(secretIdOf(id));
      checker.forget(id, "deleted");
      const removed = store.remove(id);
      if (removed) deps.changed();
      return removed;
    },
    async setDefault(id, model) {
      const one = stored(id);
      if (model !== undefined && model !== one.model) {
        const models = one.models.some((known) => known.id === model)
          ? one.models
          : [...one.models, modelNamed(model)];
        store.save({ ...one, model, models });
      }
      store.setDefault(id);
      deps.changed();
      return get(id);
    },
  };
}

/** `openai`, then `openai-2`, `openai-3` … */
function freeId(kind: ConnectionKind, store: ConnectionStore): ConnectionId {
  let number = 1;
  let id: string = kind;
  while (store.isTaken(connectionId.parse(id))) id = `${kind}-${++number}`;
  return connectionId.parse(id);
}
