import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import {
  formsOf,
  newCanary,
  newSearch,
  type Search,
  searchFiles,
  searchMemory,
  searchProcesses,
} from "./canary.ts";
import { startKeyring } from "./keyring.ts";
import { CannotRun, type Proof } from "./proof.ts";
import { startHouse } from "./smartclaw.ts";

/** Keys live in the vault, opened by the operating system's keystore, and nowhere else in any form. */
export const secretStorage: Proof = {
  id: "secret-storage",
  title: "Keys are never stored or passed on in the clear",
  limit:
    "A program that runs as you can ask the keystore as you can; what is shown is files, arguments, environments, logs and OpenClaw's memory, not the daemon's own memory while it uses a key.",
  async run() {
    if (process.platform !== "linux") throw new CannotRun("it reads /proc, which only Linux has");
    const folder = mkdtempSync(join(tmpdir(), "smartclaw-proof-"));
    const keyring = await startKeyring(folder);
    if (keyring === null) throw new CannotRun("gnome-keyring or D-Bus is not installed");
    const [canary, second] = [newCanary(), newCanary()];
    const provider = await startProviderStandIn({ key: canary });
    const needles = [canary, second].flatMap(formsOf);
    const startedAt = Date.now();
    try {
      const house = await startHouse(join(folder, "home"), keyring.environment);
      const { vault } = await house.status();
      const added = await house.client.keys.add({
        kind: "compatible",
        baseUrl: `${provider.url}/v1`,
        key: canary,
      });
      if (added.connection === null) throw new Error("the canary key was not accepted");
      const { id } = added.connection;
      const conversation = await house.client.chat.create({});
      const first = await house.turn(conversation.id, "first question");

      // A provider that repeats the key in its error, a wrong key, and a crash while an answer is written.
      provider.script({
        kind: "status",
        status: 401,
        body: JSON.stringify({ error: { message: `bad key ${canary}` } }),
      });
      await house.client.keys.test({ id });
      await house.client.keys.rotate({ id, key: second });
      provider.script({ kind: "answer", text: "word ".repeat(300), chunkDelayMs: 20 });
      const crashing = house.turn(conversation.id, "second question").catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      process.kill((await house.status()).smartclaw.pid, "SIGKILL");
      await crashing;
      await house.start();
      const again = await house.turn(conversation.id, "third question");

      const gateway = (await house.status()).openclaw.gateway.pid ?? 0;
      const search = newSearch();
      const memory = searchMemory(search, needles, gateway);
      searchProcesses(search, needles);
      searchFiles(search, needles, folder);
      await house.stop();
      searchFiles(search, needles, folder);
      for (const place of house.borrowed) searchFiles(search, needles, place, startedAt);

      const sawKey = provider.requests.filter(
        ({ headers }) => headers.authorization === `Bearer ${canary}`,
      ).length;
      const control = controlOf(folder, canary, gateway);
      return {
        holds:
          search.hits.length === 0 &&
          search.unreadable.length === 0 &&
          memory > 0 &&
          sawKey > 2 &&
          vault.openedBy === "keystore",
        control,
        evidence: [
          `the vault was opened by ${vault.openedBy ?? "nobody"} (${vault.keystore.name})`,
          `the provider stand-in got the real key ${sawKey} times; answers: “${first.text}”, and after a crash “${again.text}” (${again.outcome})`,
          ...describeSearch(search, memory),
        ],
      };
    } finally {
      await provider.close();
      keyring.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** The same search must find a key that was put where none may be. */
function controlOf(folder: string, canary: string, gateway: number): boolean {
  const planted = join(folder, "planted.log");
  writeFileSync(planted, `x${Buffer.from(`ab${canary}cd`).toString("base64")}y`);
  const search = newSearch();
  searchFiles(search, formsOf(canary), planted);
  return search.hits.length > 0 && !readFileSync(planted, "utf8").includes(canary) && gateway > 0;
}

function describeSearch(search: Search, memory: number): string[] {
  const found = search.hits.map(({ where, form }) => `FOUND as ${form} in ${where}`);
  return [
    `searched ${search.files} files (${Math.round(search.bytes / 1e6)} MB), ${search.processes} process arguments and environments, ${Math.round(memory / 1e6)} MB of OpenClaw's memory, in plain, reversed, hex, UTF-16 and base64 form`,
    ...(found.length === 0 ? ["no trace of either key"] : found.slice(0, 20)),
    ...search.unreadable.map((path) => `could not be read: ${path}`),
  ];
}
