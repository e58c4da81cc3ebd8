/** Guardian in a process of its own, as the daemon has it; on a line of stdin it stops everything. */
import { randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createGuardedExit, createLedger } from "@smartclaw/egress";
import { makeTestCertificates } from "@smartclaw/egress/testing";
import { type AuditHead, openAuditLog, openGuardian } from "@smartclaw/guardian";
import { quantile } from "./row.ts";

const [folder = "", project = ""] = process.argv.slice(2);
const key = Uint8Array.from(randomBytes(32));
const log = { info() {}, warn() {}, error: console.error };
let head: AuditHead | null = null;
const place = { keptHead: () => head, keepHead: (last: AuditHead) => void (head = last) };
const { ca, ...certificate } = await makeTestCertificates(["good.test"]);
const site = createServer(certificate, (_, response) => response.end("page"));
await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
const { port } = site.address() as AddressInfo;
writeFileSync(join(project, "ca.pem"), ca);
const ledger = createLedger({
  file: join(folder, "ledger.sqlite"),
  clock: Date,
  retentionDays: () => 90,
  log,
});
const openExit = createGuardedExit({
  ledger,
  log,
  resolve: async () => ["1.2.3.4"],
  connect: () => connect(port, "127.0.0.1"),
});
const guardian = await openGuardian({
  folder,
  runFolder: join(folder, "commands"),
  socketPath: join(folder, "broker.sock"),
  key,
  ...place,
  own: { folders: [folder], controlPorts: [] },
  workspace: folder,
  architecture: process.arch,
  sandbox: { state: "works", by: "bubblewrap", networkOff: null },
  openExit,
  browser: null,
  clock: Date,
  newId: randomUUID,
  setTimer: () => () => {},
  nameOf: () => Promise.resolve(null),
  changed() {},
  log,
});
guardian.addPreset("work", project);
const day = { kind: "until", at: Date.now() + 86_400_000 } as const;
guardian.addGrants(
  ["true", "sleep", "curl"].map((word) => ({
    effect: "allow",
    scope: { type: "run", words: [word], rest: true },
    callers: ["owner"],
    duration: day,
  })),
  "tab",
);
const scope = { type: "reach", host: "good.test" } as const;
guardian.addGrants([{ effect: "allow", scope, callers: ["owner"], duration: day }], "tab");

const audit = openAuditLog({
  file: join(folder, "bench-audit.sqlite"),
  key,
  clock: Date,
  keptHead: () => null,
  keepHead() {},
  log,
});
const appends: number[] = [];
for (let at = 0; at < 2000; at += 1) {
  const begun = performance.now();
  audit.append({
    kind: "decision",
    body: { at, text: "git log --oneline -5", decision: "allow", reasons: [] },
  });
  if (at >= 200) appends.push(performance.now() - begun);
}
audit.close();
process.stdout.write(
  `${JSON.stringify({ port, append: quantile(appends, 0.5), append99: quantile(appends, 0.99) })}\n`,
);
process.stdin.on("data", () => {
  guardian.panic();
  guardian.arm();
  guardian.close();
});
