import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { modelApis } from "@smartclaw/contracts";
import { gatewayArguments, gatewayEnvironment } from "./gateway-process.ts";
import { renderConfig } from "./render-config.ts";

const openclaw = process.env["SMARTCLAW_TEST_OPENCLAW"];
const skip = openclaw === undefined ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)" : false;
const folder = mkdtempSync(join(tmpdir(), "sc-config-"));
after(() => rmSync(folder, { recursive: true }));
const secret = join(folder, "secrets");
writeFileSync(secret, "#!/bin/sh\n");
chmodSync(secret, 0o700);

const model = {
  id: "m-1",
  name: "M",
  contextWindow: 131_072,
  maxTokens: 4096,
  images: true,
  reasoning: false,
};
const configWith = (count: number): object =>
  renderConfig({
    port: 18_810,
    secretCommand: { command: secret, args: [] },
    providers: modelApis.slice(0, count).map((api, index) => ({
      id: `p-${index}`,
      api,
      baseUrl: `http://127.0.0.1:1/c/p-${index}`,
      models: [model],
    })),
    primary: count === 0 ? null : "p-0/m-1",
    forwardProxyUrl: "http://127.0.0.1:2",
    workspace: join(folder, "workspace"),
    logFile: join(folder, "openclaw.log"),
    guardian: null,
  });

for (const count of [0, 1, modelApis.length])
  test(`the real OpenClaw accepts the configuration for ${count} connections`, { skip }, () => {
    const file = join(folder, "openclaw.json");
    writeFileSync(file, JSON.stringify(configWith(count)), { mode: 0o600 });
    const env = {
      PATH: process.env["PATH"],
      HOME: folder,
      OPENCLAW_STATE_DIR: folder,
      OPENCLAW_CONFIG_PATH: file,
    };
    const output = execFileSync(
      process.execPath,
      [join(openclaw ?? "", "openclaw.mjs"), "config", "validate"],
      { env, encoding: "utf8" },
    );
    assert.match(output, /Config valid/);
  });

test("loopback is forced twice, and everything that acts or calls out is off", () => {
  const config = configWith(1) as Record<string, Record<string, unknown>>;
  assert.equal(config["gateway"]?.["bind"], "loopback");
  assert.deepEqual(gatewayArguments(5).slice(2, 4), ["--bind", "loopback"]);
  const denied = config["tools"]?.["deny"] as string[];
  for (const tool of ["group:runtime", "group:fs", "group:web", "browser", "exec"])
    assert.ok(denied.includes(tool), tool);
  assert.deepEqual(config["telemetry"], { enabled: false });
  assert.deepEqual(config["models"]?.["catalogRefresh"], { enabled: false });
});

test("the gateway's environment is an allow list", () => {
  const given = {
    PATH: "/bin",
    HOME: "/h",
    OPENAI_API_KEY: "sk",
    DBUS_SESSION_BUS_ADDRESS: "unix:x",
    NODE_OPTIONS: "--inspect",
    SMARTCLAW_HOME: "/s",
    LD_PRELOAD: "x",
    NODE_COMPILE_CACHE: "/everybody's",
    TMPDIR: "/everybody's",
  };
  const places = { state: "/state", config: "/config", temporary: "/own", compiled: "/code" };
  const environment = gatewayEnvironment(given, places);
  for (const name of [
    "OPENAI_API_KEY",
    "DBUS_SESSION_BUS_ADDRESS",
    "NODE_OPTIONS",
    "SMARTCLAW_HOME",
    "LD_PRELOAD",
  ])
    assert.ok(!(name in environment), name);
  assert.equal(environment["OPENCLAW_NO_AUTO_UPDATE"], "1");
  assert.equal(environment["CLAWHUB_DISABLE_TELEMETRY"], "1");
  for (const name of ["TMPDIR", "TEMP", "TMP"]) assert.equal(environment[name], "/own");
  assert.equal(environment["NODE_COMPILE_CACHE"], "/code");
});
