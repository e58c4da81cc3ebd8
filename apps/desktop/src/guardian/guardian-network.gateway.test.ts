/** The real OpenClaw, whose commands reach what was granted through the real exit, and nothing else. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { NewGuardianGrant } from "@smartclaw/contracts";
import { createLedger, type Ledger } from "@smartclaw/egress";
import { type GuardedOpenClaw, openGuardedOpenClaw } from "./testing/guarded-openclaw.ts";
import { openTestSites, type TestSites } from "./testing/test-sites.ts";

const missing = ["bwrap", "socat", "curl", "git"].find((name) => !existsSync(`/usr/bin/${name}`));
const skip =
  process.env["SMARTCLAW_TEST_OPENCLAW"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)"
    : missing === undefined
      ? false
      : `there is no ${missing} here`;

test("commands of the real OpenClaw and the network", { skip }, async (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-turns-")));
  const log = { info() {}, warn() {}, error: console.error };
  let ledger: Ledger;
  let sites: TestSites;
  let it: GuardedOpenClaw;
  before(async () => {
    ledger = createLedger({ file: join(root, "ledger.sqlite"), clock: Date, retentionDays: () => 90, log });
    const hosts = ["good.test", "evil.test"];
    sites = await openTestSites({ folder: join(root, "site"), hosts, ledger, log });
    it = await openGuardedOpenClaw(undefined, null, {}, sites.openExit);
    writeFileSync(join(it.project, "ca.pem"), sites.authority);
  });
  after(async () => {
    await it.dispose();
    sites.close();
    ledger.close();
    rmSync(root, { recursive: true, force: true });
  });
  const grant = (scope: NewGuardianGrant["scope"]): void => {
    const duration = { kind: "until", at: Date.now() + 3_600_000 } as const;
    it.guardian.addGrants([{ effect: "allow", scope, callers: ["owner"], duration }], "tab");
  };
  /** Each in a conversation of its own: what one has seen is held against it. */
  const exec = async (command: string): Promise<string> => {
    const call = `TOOL exec ${JSON.stringify({ command, workdir: it.project })} END`;
    const { results } = await it.say(await it.conversation(), call);
    assert.equal(results.length, 1, JSON.stringify(results));
    return results[0] ?? "";
  };
  const curl = "curl -sS --cacert ca.pem";

  await t.test("a granted host is reached without a question", async () => {
    grant({ type: "run", words: ["curl"], rest: true });
    grant({ type: "read", path: it.project });
    grant({ type: "reach", host: "good.test" });
    it.answerWith("deny");
    assert.equal(await exec(`${curl} https://good.test/page`), "the page");
    assert.deepEqual([it.asked.length, sites.requests], [0, ["GET good.test/page"]]);
    const [row] = ledger.list({ limit: 1 }).entries;
    assert.deepEqual([row?.door, row?.host, row?.verdict], ["guardian", "good.test", "allowed"]);
  });

  await t.test("another one is asked, and after a no it is not reached", async () => {
    assert.match(await exec(`${curl} https://evil.test/page`), /the owner said no/);
    assert.equal(it.asked.length, 1);
    assert.ok(it.asked[0]?.effects.some(({ kind, what }) => kind === "fetch" && what === "evil.test"));
    assert.equal(sites.requests.length, 1);
    assert.equal(ledger.list({ limit: 9 }).total, 1, "not even tried");
  });

  await t.test("a yes is for the host that was shown, and opens no other", async () => {
    it.answerWith("once");
    grant({ type: "write", path: it.project });
    const cloned =
      "git -c http.sslCAInfo=ca.pem clone -q https://good.test/repo.git copy; cat copy/readme.txt";
    assert.equal(await exec(cloned), "in the repository");
    const hidden = `${curl} https://good.test/page; c=curl; h=evil; $c -sS https://$h.test/page; true`;
    assert.match(await exec(hidden), /the page[^]*403/);
    assert.ok(
      sites.requests.every((request) => request.includes(" good.test/")),
      sites.requests.join(),
    );
    const [row] = ledger.list({ limit: 1 }).entries;
    assert.deepEqual([row?.host, row?.verdict], ["evil.test", "refused"]);
  });
});
