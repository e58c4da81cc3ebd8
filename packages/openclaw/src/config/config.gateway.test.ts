import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { modelApis } from "@smartclaw/contracts";
import { gatewayArguments, gatewayEnvironment } from "./gateway-process.ts";
import { type GuardianPlace, renderConfig } from "./render-config.ts";
import { installGuardianPlugin } from "../plugin/install-plugin.ts";

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
const plugin = join(folder, "plugin");
installGuardianPlugin(plugin);
const place = { plugin, socket: join(folder, "broker.sock"), browserGate: 18_820, browserScripts: false };
const configWith = (count: number, guardian: GuardianPlace | null = null): object =>
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
    guardian,
  });

for (const [what, config] of [
  ...[0, 1, modelApis.length].map((count) => [`${count} connections`, configWith(count)] as const),
  ["Agentic Mode", configWith(1, { ...place, browserGate: null })],
  ["Agentic Mode with a browser", configWith(1, place)],
] as const)
  test(`the real OpenClaw accepts the configuration for ${what}`, { skip }, () => {
    const file = join(folder, "openclaw.json");
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
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

test("the browser is SmartClaw's own or none, and every other profile leads nowhere", () => {
  interface Config {
    readonly browser: Record<string, unknown>;
    readonly tools: { readonly deny: readonly string[] };
    readonly plugins: { readonly allow: readonly string[] };
  }
  const without = configWith(1, { ...place, browserGate: null }) as Config;
  assert.deepEqual(without.browser, { enabled: false });
  assert.ok(without.tools.deny.includes("browser"));
  const { browser, tools, plugins } = configWith(1, place) as Config;
  const profiles = browser["profiles"] as Record<string, { cdpUrl: string; attachOnly: boolean }>;
  // Those that OpenClaw would make by itself, and its own way to the user's tabs.
  assert.deepEqual(Object.keys(profiles), ["smartclaw", "openclaw", "user", "chrome"]);
  for (const [name, { cdpUrl, attachOnly }] of Object.entries(profiles)) {
    assert.equal(cdpUrl, `http://127.0.0.1:${name === "smartclaw" ? place.browserGate : 1}`);
    assert.equal(attachOnly, true);
  }
  assert.equal(browser["defaultProfile"], "smartclaw");
  assert.equal(browser["evaluateEnabled"], false);
  assert.deepEqual(plugins.allow, ["smartclaw-guardian", "browser"]);
  for (const denied of ["group:web", "canvas", "group:nodes"]) assert.ok(tools.deny.includes(denied), denied);
  assert.ok(!tools.deny.includes("browser"));
  const scripts = configWith(1, { ...place, browserScripts: true }) as Config;
  assert.equal(scripts.browser["evaluateEnabled"], true);
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
