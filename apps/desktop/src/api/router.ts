import { implement, ORPCError } from "@orpc/server";
import { RPCHandler } from "@orpc/server/node";
import {
  api,
  type ErrorReport,
  reportOf,
  Secret,
  type Settings,
  SmartClawError,
  type UpdateComponent,
  type UpdateSettings,
} from "@smartclaw/contracts";
import type { Updater } from "@smartclaw/updater";
import type { RpcHandler } from "../server/rpc.ts";
import type { House } from "../daemon/house.ts";

/** Serves the contract with the rooms of the house. Every fault leaves as `FAULT` with a report for people. */
export function createRpcHandler(house: House): RpcHandler {
  const on = implement(api).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw faultOf(error, house);
    }
  });

  const router = on.router({
    system: {
      status: on.system.status.handler(() => house.status()),
      watch: on.system.watch.handler(({ signal }) => house.watchStatus(signal)),
      doctor: on.system.doctor.handler(() => house.doctor()),
      loginLink: on.system.loginLink.handler(() => house.loginLink()),
      logs: on.system.logs.handler(({ input }) => house.logs.tail(input.source, input.limit)),
      followLogs: on.system.followLogs.handler(({ signal }) => house.logs.lines.iterate(signal)),
      shutdown: on.system.shutdown.handler(() => {
        house.requestShutdown();
        return { stopping: true as const };
      }),
    },
    openclaw: {
      install: on.openclaw.install.handler(() => house.openclaw.install()),
      start: on.openclaw.start.handler(() => house.openclaw.start()),
      stop: on.openclaw.stop.handler(() => house.openclaw.stop()),
      restart: on.openclaw.restart.handler(() => house.openclaw.restart()),
    },
    updates: {
      check: on.updates.check.handler(({ input }) => updaterOf(house, input.component).check()),
      apply: on.updates.apply.handler(({ input }) => updaterOf(house, input.component).apply(input.version)),
      goBack: on.updates.goBack.handler(({ input }) => updaterOf(house, input.component).goBack()),
      change: on.updates.change.handler(({ input: { component, ...change } }) => {
        const given = Object.entries(change).filter(([, value]) => value !== undefined);
        return updaterOf(house, component).change(Object.fromEntries(given) as Partial<UpdateSettings>);
      }),
      history: on.updates.history.handler(({ input }) => [
        ...updaterOf(house, input.component).history(input.limit),
      ]),
    },
    vault: {
      status: on.vault.status.handler(() => house.vault.status()),
      setup: on.vault.setup.handler(({ input }) => house.vault.setup(input)),
      unlock: on.vault.unlock.handler(({ input }) => house.vault.unlock(input)),
      lock: on.vault.lock.handler(() => house.vault.lock()),
      addPassphrase: on.vault.addPassphrase.handler(({ input }) =>
        house.vault.addPassphrase(Secret.fromText(input.passphrase)),
      ),
      addRecoveryPhrase: on.vault.addRecoveryPhrase.handler(async () => {
        const { phrase, slot } = await house.vault.addRecoveryPhrase();
        return { phrase: phrase.revealText(), slot };
      }),
      removeSlot: on.vault.removeSlot.handler(({ input }) => house.vault.removeSlot(input.id)),
    },
    keys: {
      list: on.keys.list.handler(() => house.connections.list()),
      add: on.keys.add.handler(({ input: { keepAnyway, ...request } }) =>
        house.connections.add(request, { keepAnyway }),
      ),
      test: on.keys.test.handler(({ input }) => house.connections.test(input.id)),
      rotate: on.keys.rotate.handler(({ input }) =>
        house.connections.rotate(input.id, Secret.fromText(input.key.trim())),
      ),
      remove: on.keys.remove.handler(({ input }) => ({ removed: house.connections.remove(input.id) })),
      setDefault: on.keys.setDefault.handler(({ input }) =>
        house.connections.setDefault(input.id, input.model),
      ),
      discover: on.keys.discover.handler(() => house.discoveries.list()),
      adopt: on.keys.adopt.handler(({ input }) => house.discoveries.adopt(input.discoveryId)),
      scan: on.keys.scan.handler(() => house.discoveries.scan()),
      importAll: on.keys.importAll.handler(() => house.discoveries.importAll()),
    },
    chat: {
      list: on.chat.list.handler(() => house.chat.list()),
      create: on.chat.create.handler(({ input }) => house.chat.create(input)),
      rename: on.chat.rename.handler(({ input }) => house.chat.rename(input)),
      remove: on.chat.remove.handler(({ input }) => house.chat.remove(input)),
      history: on.chat.history.handler(({ input }) => house.chat.history(input)),
      typing: on.chat.typing.handler(() => {
        house.noteTyping();
        return { noted: true as const };
      }),
      send: on.chat.send.handler(({ input }) => house.chat.send(input)),
      stop: on.chat.stop.handler(({ input }) => house.chat.stop(input)),
      events: on.chat.events.handler(({ input, signal }) =>
        house.watchChat(input.id, signal ?? new AbortController().signal),
      ),
    },
    network: {
      list: on.network.list.handler(({ input }) => house.ledger.list(input)),
      watch: on.network.watch.handler(({ signal }) => house.watchLedger(signal)),
      export: on.network.export.handler(({ input }) => house.ledger.export(input)),
    },
    guardian: {
      status: on.guardian.status.handler(() => house.guardian.status()),
      watch: on.guardian.watch.handler(({ signal }) => house.watchGuardian(signal)),
      setAgenticMode: on.guardian.setAgenticMode.handler(({ input }) =>
        house.guardian.setAgenticMode(input.on),
      ),
      answer: on.guardian.answer.handler(({ input }) => house.guardian.answer(input)),
      judge: on.guardian.judge.handler(({ input }) => house.guardian.judge(input.command, input.folder)),
      grants: on.guardian.grants.handler(() => house.guardian.grants()),
      addGrants: on.guardian.addGrants.handler(({ input }) => house.guardian.addGrants(input.grants)),
      addPreset: on.guardian.addPreset.handler(({ input }) =>
        house.guardian.addPreset(input.preset, input.folder),
      ),
      revoke: on.guardian.revoke.handler(async ({ input }) => {
        await house.guardian.revoke(input.id);
        return { revoked: true as const };
      }),
      renew: on.guardian.renew.handler(({ input }) => house.guardian.renew(input.id, input.duration)),
      offers: on.guardian.offers.handler(() => house.guardian.offers()),
      acceptOffer: on.guardian.acceptOffer.handler(({ input }) => house.guardian.acceptOffer(input.id)),
      dismissOffer: on.guardian.dismissOffer.handler(async ({ input }) => {
        await house.guardian.dismissOffer(input.id);
        return { dismissed: true as const };
      }),
      resume: on.guardian.resume.handler(({ input }) => house.guardian.resume(input.session)),
      log: on.guardian.log.handler(({ input }) =>
        house.guardian.log({ before: input.before ?? null, limit: input.limit }),
      ),
      verifyLog: on.guardian.verifyLog.handler(() => house.guardian.verifyLog()),
      snapshots: on.guardian.snapshots.handler(() => house.guardian.snapshots()),
      undo: on.guardian.undo.handler(({ input }) => house.guardian.undo(input.id, input.force)),
      exportLog: on.guardian.exportLog.handler(() => house.guardian.exportLog()),
      panic: on.guardian.panic.handler(() => house.guardian.panic()),
      arm: on.guardian.arm.handler(() => house.guardian.arm()),
    },
    settings: {
      get: on.settings.get.handler(() => house.settings.get()),
      set: on.settings.set.handler(({ input }) => {
        const given = Object.entries(input).filter(([, value]) => value !== undefined);
        return house.changeSettings(Object.fromEntries(given) as Partial<Settings>);
      }),
    },
  });

  const handler = new RPCHandler(router);
  return async (request, response) => {
    const { matched } = await handler.handle(request, response, { prefix: "/rpc", context: {} });
    return matched;
  };
}

/** What oRPC itself throws (a request that does not fit the contract) keeps its kind; the rest becomes `FAULT`. */
function faultOf(error: unknown, house: House): ORPCError<string, ErrorReport> {
  if (error instanceof ORPCError && error.defined) return error as ORPCError<string, ErrorReport>;
  if (error instanceof ORPCError && error.code === "BAD_REQUEST") {
    const message = "The request does not fit what SmartClaw expects.";
    const report: ErrorReport = {
      code: "BAD_REQUEST",
      message,
      next: "Reload the page, or update the command line.",
    };
    return new ORPCError("FAULT", { defined: true, status: 400, message, data: report });
  }
  if (!(error instanceof SmartClawError))
    house.logs.log.error({ error: describe(error) }, "an unexpected fault in a request");
  const report = reportOf(error);
  return new ORPCError("FAULT", { defined: true, status: 400, message: report.message, data: report });
}

/** The kind and place of a fault, without its text, which could hold what a user typed. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return `${error.name}${place.replace(/\s+/g, " ")}`;
}

function updaterOf({ updates, selfUpdates }: House, component: UpdateComponent): Updater {
  const updater = component === "openclaw" ? updates : selfUpdates;
  if (updater !== null) return updater;
  throw new SmartClawError(
    "NOT_FOUND",
    "This SmartClaw was not told where its own releases are, so it stays as it is.",
    "See “Updates of SmartClaw itself” in its README.",
  );
}
