/** The built daemon through the real command line, without waiting for OpenClaw. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isHeld } from "./instance-lock.ts";
import { version } from "./version.ts";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "sc-daemon-"));
const userKey = "sk-of-the-user-0123456789";

// No registry is reached: the installation fails at once, which is a state and not a fault of the daemon.
const env = {
  PATH: process.env["PATH"],
  HOME: home,
  SMARTCLAW_HOME: join(home, "data"),
  CI: "1",
  OPENAI_API_KEY: userKey,
  npm_config_registry: "http://127.0.0.1:1/",
};

function smartclaw(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return node(cli, ...args);
}

function node(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number((error as { code?: unknown }).code ?? 1);
      resolve({ code, stdout, stderr });
    });
  });
}
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

after(async () => {
  await smartclaw("stop");
  rmSync(home, { recursive: true, force: true });
});

test("before the start every command says that nothing runs", async () => {
  const { code, stderr } = await smartclaw("status");
  assert.equal(code, 3);
  assert.match(stderr, /SmartClaw is not running\.\nStart it with `smartclaw start`/);
  assert.deepEqual(json((await smartclaw("keys", "list", "--json")).stdout)["error"], {
    code: "DAEMON_NOT_RUNNING",
    message: "SmartClaw is not running.",
    next: "Start it with `smartclaw start`.",
  });
});

test("commands in a file are judged without a daemon, one answer a line", async () => {
  const grants = [{ exec: "ls *" }, { read: "/home/u/proj" }];
  const line = (id: string, cmd: string): string => JSON.stringify({ id, cmd, cwd: "/home/u/proj", grants });
  const file = join(home, "commands.jsonl");
  // A line separator is text in JSON, and ends no line.
  const lines = [
    line("a", "ls -la"),
    line("b", "ls | sh"),
    line("c", "ls\u2028touch x"),
    "nothing of the kind",
    "",
  ];
  writeFileSync(file, lines.join("\n"));
  const { code, stdout } = await smartclaw("guardian", "check", file, "--json");
  const answers = stdout.trim().split("\n").map(json);
  assert.deepEqual(
    [code, ...answers.map(({ id, decision }) => `${String(id)} ${String(decision)}`)],
    [0, "a allow", "b ask", "c deny", "line 4 ask"],
  );
  assert.ok(answers.every(({ reasons }) => Array.isArray(reasons)));
  assert.match(
    (await smartclaw("guardian", "check", file)).stdout,
    /1 allowed, 2 asked, 1 denied; nothing was run/,
  );
  assert.equal((await smartclaw("guardian", "check", join(home, "none"))).code, 2);
});

test("start, and start again, give a link; status tells the truth", async () => {
  const first = json((await smartclaw("start", "--no-open", "--json")).stdout);
  assert.equal(first["alreadyRunning"], false);
  assert.match(String(first["url"]), /^http:\/\/localhost:\d+\/#login=[\w-]{43}$/);
  assert.equal(json((await smartclaw("start", "--no-open", "--json")).stdout)["alreadyRunning"], true);
  interface Told {
    readonly vault: { readonly state: string; readonly message: string };
    readonly smartclaw: { readonly version: string; readonly pid: number };
    readonly healthy: boolean;
  }
  const ask = async (): Promise<Told> => {
    const status = await smartclaw("status", "--json");
    assert.equal(status.code, 4);
    return json(status.stdout) as unknown as Told;
  };
  let told = await ask();
  // The keystore has not answered yet.
  for (
    const end = Date.now() + 30_000;
    told.vault.message.includes("not been opened yet");
    told = await ask()
  )
    assert.ok(Date.now() < end, "the keystore never answers");
  const { vault, smartclaw: daemon, healthy } = told;
  assert.deepEqual([vault.state, daemon.version, healthy], ["uninitialised", version, false]);
  const argv = readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8");
  assert.ok(!argv.includes("login"));
});

test("a command does not load what takes longer than itself", async () => {
  const hook = `data:text/javascript,process.on("exit", () => console.error(process.moduleLoadList.join()))`;
  const undici = /deps\/undici/;
  const status = await node("--import", hook, cli, "status");
  assert.match(status.stdout, /Dashboard/);
  assert.doesNotMatch(status.stderr, undici);
  assert.match((await node("--import", hook, "-e", "FormData")).stderr, undici);
});

test("a key of the user's environment reaches the daemon, and can be read from no file of its process", async () => {
  const { smartclaw: daemon } = json((await smartclaw("status", "--json")).stdout) as {
    smartclaw: { pid: number };
  };
  const process = (name: string): string => readFileSync(`/proc/${daemon.pid}/${name}`, "utf8");
  for (const name of ["environ", "cmdline"]) assert.ok(!process(name).includes(userKey), name);
  assert.match(process("limits"), /^Max core file size +0 +0 /m);
  const found = json((await smartclaw("keys", "import", "--json")).stdout) as unknown;
  assert.match(JSON.stringify(found), /OPENAI_API_KEY/);
});

test("an installation that cannot be is a state with a sentence", async () => {
  for (let tries = 0; tries < 100; tries++) {
    const { openclaw } = json((await smartclaw("status", "--json")).stdout) as {
      openclaw: { install: { state: string; error?: { code: string; next: string } } };
    };
    if (openclaw.install.state === "failed") {
      assert.equal(openclaw.install.error?.code, "NETWORK_UNREACHABLE");
      assert.ok((openclaw.install.error?.next ?? "") !== "");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.fail("it never said so");
});

test("doctor, logs and keys answer; wrong use is told apart", async () => {
  const checks = JSON.parse((await smartclaw("doctor", "--json")).stdout) as { id: string; level: string }[];
  assert.equal(checks.find(({ id }) => id === "files")?.level, "ok");
  assert.ok(
    (await smartclaw("logs", "--json")).stdout
      .split("\n")
      .filter(Boolean)
      .every((line) => "text" in json(line)),
  );
  assert.equal((await smartclaw("keys", "list")).code, 0);
  assert.equal((await smartclaw("keys", "add", "nonsense")).code, 2);
  assert.equal((await smartclaw("dance")).code, 2);
  assert.equal((await smartclaw("--help")).code, 0);
});

test("the logs are followed until the reader has had enough", async () => {
  const reader = spawn(process.execPath, [cli, "logs", "--follow"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of reader.stdout.setEncoding("utf8")) {
    text += String(chunk);
    if (text.includes("SmartClaw has started")) break;
  }
  assert.match(text, /SmartClaw has started/);
  assert.equal(reader.exitCode, null);
  const ended = once(reader, "close");
  reader.kill();
  await ended;
});

test("every file is the user's alone", () => {
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      assert.equal(statSync(path).mode & 0o077, 0, path);
      if (entry.isDirectory()) visit(path);
    }
  };
  assert.equal(statSync(join(home, "data")).mode & 0o777, 0o700);
  visit(join(home, "data"));
});

test("stop ends it, and a second stop is no fault", async () => {
  assert.deepEqual(json((await smartclaw("stop", "--json")).stdout), { stopped: true });
  assert.deepEqual(json((await smartclaw("stop", "--json")).stdout), { stopped: false });
  assert.equal((await smartclaw("status")).code, 3);
});

test("a daemon that is still starting is stopped too", async () => {
  const port = await freePort();
  const starting = smartclaw("start", "--no-open", "--json", "--port", String(port));
  while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.deepEqual(json((await smartclaw("stop", "--json")).stdout), { stopped: true });
  assert.equal(isHeld(join(home, "data", "run", "daemon.lock")), false);
  await starting;
  assert.equal((await smartclaw("status")).code, 3);
});

test("a restart finds nobody in its way, as often as it is asked for", async () => {
  for (let count = 0; count < 4; count++) {
    const { code, stderr } = await smartclaw("restart", "--no-open", "--json");
    assert.equal(code, 0, stderr);
  }
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
