/** The vault on the command line: the built command line talks to a real daemon, without a browser and a keystore. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "sc-vault-"));
// No registry and no keystore are reached: there is no address of a D-Bus session.
const env = {
  PATH: process.env["PATH"],
  HOME: home,
  SMARTCLAW_HOME: join(home, "data"),
  CI: "1",
  npm_config_registry: "http://127.0.0.1:1/",
};
const passphrase = "correct horse battery staple";
const newPassphrase = "an entirely other passphrase";
const keyFile = join(home, "vault.key");
/** Everything that was secret at any time; none of it may lie in a file. */
const secrets = [passphrase, newPassphrase, "not the passphrase"];

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
interface Status {
  readonly state: string;
  readonly openedBy: string | null;
  readonly slots: readonly { kind: string }[];
  readonly keystore: { readonly state: string };
  readonly next: string;
}

/** @param keepOpen the pipe stays open after `stdin`, as with a program that goes on */
function smartclaw(args: readonly string[], stdin = "", keepOpen = false): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args], { env, cwd: home });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => {});
    child.stdin.write(stdin);
    if (!keepOpen) child.stdin.end();
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
const keys = (...args: string[]): Promise<Answer> => smartclaw(["keys", ...args]);
async function where(): Promise<Status & { code: number }> {
  const { code, stdout } = await keys("where", "--json");
  return { ...(JSON.parse(stdout) as Status), code };
}
const errorOf = ({ stdout }: Answer): unknown => (JSON.parse(stdout) as { error: unknown }).error;
const kinds = (status: Status): string[] => status.slots.map(({ kind }) => kind).toSorted();

before(async () => {
  assert.equal((await keys("where")).code, 3);
  assert.equal((await smartclaw(["start", "--no-open"])).code, 0);
  for (let tries = 0; (await where()).state !== "uninitialised"; tries++) assert.ok(tries < 100);
});
after(async () => {
  await smartclaw(["stop"]);
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

test("before there is a vault every command says what to do", async () => {
  assert.equal((await where()).code, 4);
  for (const command of ["lock", "unlock", "recovery-phrase"]) {
    const { code, stderr } = await keys(command);
    assert.equal(code, 1, command);
    assert.match(
      stderr,
      /keeps no keys until you choose .*\nChoose one with `smartclaw keys setup`/,
      command,
    );
  }
  const keystore = await keys("setup", "keystore", "--json");
  assert.equal(keystore.code, 1);
  assert.equal((errorOf(keystore) as { code: string }).code, "KEYSTORE_UNAVAILABLE");
  assert.equal((await where()).state, "uninitialised");
});

test("the keystore's state is said once, and in the same words by the doctor", async () => {
  const { stdout } = await keys("where");
  const checks = JSON.parse((await smartclaw(["doctor", "--json"])).stdout) as {
    id: string;
    detail: string;
  }[];
  const sentence = checks.find(({ id }) => id === "keystore")?.detail ?? "";
  assert.match(sentence, /^The Secret Service keyring cannot be used: .*\.$/);
  assert.equal(stdout.split(sentence).length, 2, stdout);
});

test("wrong use is told apart, and a passphrase in the arguments is refused without being said again", async () => {
  for (const [args, sentence] of [
    [[], /A place for the master key must be named/],
    [["moon"], /There is no such place/],
    [["key-file"], /A PATH must follow/],
    [["key-file", "a", "b"], /One PATH follows/],
    [["keystore", "x"], /takes nothing more/],
    [["systemd-credential", "a b"], /The name of a credential has/],
    [["passphrase", passphrase], /never taken from the command line/],
    [["passphrase", ...passphrase.split(" ")], /never taken from the command line/],
  ] as const) {
    const { code, stdout, stderr } = await keys("setup", ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, sentence);
    assert.ok(!/horse|staple/.test(stdout + stderr));
  }
  const unlock = await keys("unlock", ...passphrase.split(" "));
  assert.equal(unlock.code, 2);
  assert.ok(!unlock.stderr.includes("horse"));
  for (const short of ["", "short\n"])
    assert.equal((await smartclaw(["keys", "setup", "passphrase"], short)).code, 2);
  assert.equal((await where()).state, "uninitialised");
});

test("a passphrase from the first line of stdin makes the vault", async () => {
  const made = await smartclaw(["keys", "setup", "passphrase"], `${passphrase}\r\nanother line\n`, true);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /The vault is made and open/);
  const status = await where();
  assert.deepEqual([status.code, status.state, status.openedBy], [0, "ready", "passphrase"]);
  assert.deepEqual(kinds(status), ["passphrase"]);
  assert.match(
    (await keys("where")).stdout,
    /The vault is open.*your passphrase[^]*\* passphrase {2}since 20/,
  );
});

test("locked, a wrong passphrase does not open it, the right one does", async () => {
  const locked = await keys("lock", "--json");
  assert.deepEqual([locked.code, (JSON.parse(locked.stdout) as Status).state], [0, "locked"]);
  assert.match((await keys("lock")).stdout, /was locked already/);
  assert.deepEqual(
    [(await where()).code, (await where()).next],
    [4, "Open it with `smartclaw keys unlock`."],
  );
  assert.equal((await keys("recovery-phrase")).code, 1);
  assert.equal((await smartclaw(["keys", "setup", "passphrase"], `${newPassphrase}\n`)).code, 1);

  const wrong = await smartclaw(["keys", "unlock", "--json"], "not the passphrase\n");
  assert.equal(wrong.code, 1);
  assert.deepEqual(errorOf(wrong), {
    code: "VAULT_WRONG_SECRET",
    message: "This passphrase does not open the vault.",
    next: "Check it and try again.",
  });
  const spoken = await smartclaw(["keys", "unlock"], "not the passphrase\n");
  assert.equal(spoken.stderr, "This passphrase does not open the vault.\nCheck it and try again.\n");
  assert.equal((await smartclaw(["keys", "unlock"], "")).code, 2);
  const bytes = spawn(process.execPath, [cli, "keys", "unlock"], { env, stdio: ["pipe", "ignore", "pipe"] });
  assert.equal(await exitOf(bytes, Buffer.from([0xff, 0xfe, 0x0a])), 2);
  assert.match((await keys("unlock", "--retry")).stderr, /what you know[^]*which asks for its passphrase/);
  assert.match((await keys("unlock", "--recovery-phrase")).stderr, /No recovery phrase was ever made/);
  assert.equal((await where()).state, "locked");

  const right = await smartclaw(["keys", "unlock", "--json"], `${passphrase}\n`);
  assert.deepEqual([right.code, (JSON.parse(right.stdout) as Status).openedBy], [0, "passphrase"]);
  assert.match((await keys("unlock")).stdout, /was open already/);
});

test("a recovery phrase is printed once and opens the vault; a second one must be wished for", async () => {
  const made = await keys("recovery-phrase", "--json");
  assert.equal(made.code, 0);
  assert.match(made.stderr, /Write these words down/);
  const { phrase } = JSON.parse(made.stdout) as { phrase: string };
  secrets.push(phrase);
  assert.equal(phrase.split(" ").length, 24);

  await keys("lock");
  const wrong = await smartclaw(["keys", "unlock", "--recovery-phrase"], `${"abandon ".repeat(24)}\n`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /This recovery phrase does not open the vault/);
  assert.equal((await smartclaw(["keys", "unlock", "--recovery-phrase"], `${phrase}\n`)).code, 0);
  assert.equal((await where()).openedBy, "recovery-phrase");

  const again = await keys("recovery-phrase");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /--replace/);
  const replaced = await keys("recovery-phrase", "--replace");
  const words = [...replaced.stdout.matchAll(/\d+\. (\w+)/g)].map(([, word]) => word);
  secrets.push(words.join(" "));
  assert.equal(words.length, 24);
  await keys("lock");
  assert.equal((await smartclaw(["keys", "unlock", "--recovery-phrase"], `${phrase}\n`)).code, 1);
  assert.equal((await smartclaw(["keys", "unlock", "--recovery-phrase"], `${words.join(" ")}\n`)).code, 0);
});

test("an open vault gets another passphrase, and the earlier one ends", async () => {
  const changed = await smartclaw(["keys", "setup", "passphrase"], `${newPassphrase}\n`);
  assert.equal(changed.code, 0);
  assert.match(changed.stdout, /The one from before does not open it any more/);
  await keys("lock");
  assert.equal((await smartclaw(["keys", "unlock"], `${passphrase}\n`)).code, 1);
  assert.equal((await smartclaw(["keys", "unlock"], `${newPassphrase}\n`)).code, 0);
});

test("a key file is made with mode 0400, from a path that means the user's folder, and no other mode opens", async () => {
  const made = await keys("setup", "key-file", "vault.key");
  assert.equal(made.code, 0, made.stderr);
  assert.ok(made.stdout.includes(keyFile));
  assert.equal(statSync(keyFile).mode & 0o777, 0o400);
  assert.deepEqual(kinds(await where()), ["key-file", "passphrase", "recovery-phrase"]);
  await keys("lock");
  chmodSync(keyFile, 0o440);
  const loose = await keys("unlock", "--retry", "--json");
  assert.equal(loose.code, 1);
  assert.match(JSON.stringify(errorOf(loose)), /must have mode 0400/);
  chmodSync(keyFile, 0o400);
  assert.equal((await keys("unlock", "--retry")).code, 0);
  assert.equal((await where()).openedBy, "key-file");

  const loosePath = join(home, "loose.key");
  writeFileSync(loosePath, Buffer.alloc(32, 1), { mode: 0o600 });
  const refused = await keys("setup", "key-file", loosePath);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /loose\.key must have mode 0400\.\nPut the key file right/);
  rmSync(loosePath);
});

/** The program that runs another on a terminal of its own. */
const script = (env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "script"))
  .find((path) => existsSync(path));
const skip =
  process.platform !== "linux" || script === undefined ? "there is no `script` that makes a terminal" : false;

test("on a terminal a passphrase is asked for twice and never shown", { skip }, async () => {
  const slip = await onTerminal("setup passphrase", [newPassphrase, "a slip of the finger"]);
  assert.match(
    slip.shown,
    /Passphrase, at least 12 .*The same again: [^]*not the same, so nothing was changed/s,
  );
  assert.equal(slip.code, 2);
  const changed = await onTerminal("setup passphrase", [passphrase, passphrase]);
  assert.equal(changed.code, 0, changed.shown);
  const pasted = await onTerminal("setup passphrase", [`${passphrase}\r${passphrase}`]);
  assert.equal(pasted.code, 0, pasted.shown);
  await keys("lock");
  const opened = await onTerminal("unlock", [passphrase]);
  assert.equal(opened.code, 0, opened.shown);
  assert.equal((await where()).openedBy, "passphrase");
  for (const { shown } of [slip, changed, pasted, opened])
    assert.ok(!/horse|entirely|slip of/.test(shown), shown);
});

test("Ctrl-C and Ctrl-D at the question change nothing", { skip }, async () => {
  await keys("lock");
  for (const key of ["\u0003", "\u0004"]) {
    const { code, shown } = await onTerminal("unlock", [key], "");
    assert.equal(code, 1, shown);
    assert.match(shown, /You stopped it, so nothing was changed/);
  }
  assert.equal((await where()).state, "locked");
});

test("keys in the clear are moved, and each step is shown", async () => {
  const key = "sk-imported-0123456789abcdef";
  secrets.push(key);
  const config = join(home, ".openclaw", "openclaw.json");
  const server = { baseUrl: "http://127.0.0.1:1/v1", api: "openai-completions", models: [{ id: "m" }] };
  const providers = { "my server": { ...server, apiKey: key } };
  mkdirSync(join(config, ".."));
  for (const file of [config, `${config}.bak`])
    writeFileSync(file, JSON.stringify({ models: { providers } }));
  assert.equal((await smartclaw(["keys", "unlock"], `${passphrase}\n`)).code, 0);
  const { code, stdout } = await keys("import", "--move");
  assert.equal(code, 0, stdout);
  assert.match(
    stdout,
    /^moved .*openclaw\.json .*moved into the vault and removed from here, as provider\/compatible$/m,
  );
  assert.match(stdout, /^scrubbed .*openclaw\.json\.bak .*blanked in this backup$/m);
  assert.match((await keys("list")).stdout, /compatible +my server +m +key, version 1/);
});

test("a keystore that was not asked since the start is said to be that", async () => {
  await smartclaw(["stop"]);
  assert.equal((await smartclaw(["start", "--no-open"])).code, 0);
  for (let tries = 0; (await where()).state !== "ready"; tries++) assert.ok(tries < 100);
  const status = await where();
  assert.deepEqual([status.openedBy, status.keystore.state], ["key-file", "not-asked"]);
  assert.match((await keys("where")).stdout, /\nThe Secret Service keyring was not asked, because .*\.\n$/);
});

test("no secret lies in a file", () => {
  let files = 0;
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = readFileSync(join(entry.parentPath, entry.name), "latin1");
    for (const secret of secrets) assert.ok(!content.includes(secret), entry.name);
    files++;
  }
  assert.ok(files > 3);
});

/** Types each answer when the next question stands there. */
function onTerminal(
  command: string,
  answers: readonly string[],
  enter = "\r",
): Promise<{ code: number; shown: string }> {
  const line = `'${process.execPath}' '${cli}' keys ${command}`;
  const child = spawn(script ?? "", ["--quiet", "--return", "--command", line, "/dev/null"], { env });
  let shown = "";
  let asked = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    while (asked < answers.length && (shown.match(/\(not shown\): |again: /g) ?? []).length > asked)
      child.stdin.write(`${answers[asked++]}${enter}`);
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code: code ?? -1, shown })));
}

function exitOf(child: ChildProcess, input: Buffer): Promise<number> {
  child.stdin?.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve(code ?? -1)));
}
