import { existsSync, statfsSync, statSync } from "node:fs";
import { type DoctorCheck, keystoreSentence, slotNames, type SystemStatus } from "@smartclaw/contracts";
import type { Paths } from "../daemon/paths.ts";

const lowDiskBytes = 1_500_000_000;

/** Looks at everything that can be wrong and says what to do. Changes nothing. */
export function runDoctor(status: SystemStatus, paths: Paths): DoctorCheck[] {
  const { vault, openclaw } = status;
  const { install, gateway, listeners } = openclaw;
  const check = (
    id: string,
    title: string,
    level: DoctorCheck["level"],
    detail: string,
    next = "",
  ): DoctorCheck => ({ id, title, level, detail, next });
  const exposed = listeners.filter((one) => !one.loopback);
  const { bavail, bsize } = statfsSync(paths.home);
  const open = [
    paths.vault,
    paths.ledger,
    paths.connections,
    paths.openclawConfig,
    paths.home,
    paths.logs,
  ].filter((path) => process.platform !== "win32" && existsSync(path) && (statSync(path).mode & 0o077) !== 0);
  return [
    vault.state === "ready"
      ? check(
          "vault",
          "Vault",
          "ok",
          vault.openedBy === null ? "open" : `open, by ${slotNames[vault.openedBy]}`,
        )
      : check(
          "vault",
          "Vault",
          vault.state === "damaged" || vault.state === "key-missing" ? "fail" : "warn",
          vault.message,
          vault.next,
        ),
    check(
      "keystore",
      "Keystore",
      // One that was not asked was not needed.
      ["available", "not-asked"].includes(vault.keystore.state) ? "ok" : "warn",
      keystoreSentence(vault.keystore),
    ),
    vault.slots.length < 2
      ? check(
          "recovery",
          "Recovery",
          "warn",
          vault.slots.length === 0 ? "there is no vault yet" : "there is one way to open the vault",
          "When the vault is open, make a recovery phrase on the Keys page.",
        )
      : check("recovery", "Recovery", "ok", `${vault.slots.length} ways to open the vault`),
    install.state === "installed"
      ? check("install", "OpenClaw", "ok", `${install.version} is installed`)
      : check(
          "install",
          "OpenClaw",
          install.state === "failed" ? "fail" : "warn",
          install.state === "failed" ? install.error.message : "not installed yet",
          install.state === "failed" ? install.error.next : "Wait, or install it on the Status page.",
        ),
    gateway.phase === "ready"
      ? check("gateway", "Gateway", "ok", `ready on port ${gateway.port}`)
      : check(
          "gateway",
          "Gateway",
          gateway.phase === "failed" ? "fail" : "warn",
          gateway.error?.message ?? `it is ${gateway.phase}`,
          gateway.error?.next ?? "Start it on the Status page.",
        ),
    exposed.length === 0
      ? check(
          "loopback",
          "Loopback only",
          "ok",
          `${listeners.length} listening sockets, all on this computer`,
        )
      : check(
          "loopback",
          "Loopback only",
          "fail",
          `${exposed.length} sockets can be reached from outside`,
          "OpenClaw was stopped; look at the logs.",
        ),
    open.length === 0
      ? check("files", "Files", "ok", "only you can read them")
      : check(
          "files",
          "Files",
          "fail",
          `others can read ${open.join(", ")}`,
          `Run: chmod -R go-rwx ${paths.home}`,
        ),
    bavail * bsize > lowDiskBytes
      ? check("disk", "Disk", "ok", "enough free space")
      : check("disk", "Disk", "warn", "less than 1.5 GB is free", "Free some space; updates need it."),
    status.connections > 0
      ? check("connections", "Connections", "ok", `${status.connections}`)
      : check("connections", "Connections", "warn", "no model is connected", "Add a key on the Keys page."),
    ...status.missing.map((one) =>
      check(`package-${one.name}`, one.name, "warn", `not installed: ${one.withoutIt}`, one.command),
    ),
  ];
}
