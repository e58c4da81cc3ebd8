/** A person who had OpenClaw before, with keys in the clear. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { examine } from "./examine.ts";
import { clicksOf, key, openProduct, skip } from "./product.ts";

test(
  "keys of an OpenClaw that was here before move into the vault; three clicks to an answer",
  { skip },
  async (t) => {
    const product = await openProduct();
    t.after(() => product.close());
    const earlier = product.makeHome();
    const config = join(earlier, ".openclaw", "openclaw.json");
    const server = { baseUrl: `${product.provider.url}/v1`, api: "openai-completions" };
    const oldKey = "sk-old-canary-0123456789";
    const providers = {
      mine: { ...server, apiKey: key, models: [{ id: "standin-1" }] },
      old: { ...server, apiKey: oldKey, models: [{ id: "standin-2" }] },
    };
    mkdirSync(join(config, ".."));
    for (const file of [config, `${config}.bak`])
      writeFileSync(file, `// my own comment\n${JSON.stringify({ models: { providers } }, null, 2)}\n`);
    const holds = (text: string): boolean[] =>
      [config, `${config}.bak`].map((file) => readFileSync(file, "utf8").includes(text));

    const first = await product.startPage(earlier);
    await first.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
    await first.getByRole("button", { name: "Make the vault" }).click();
    const use = first.getByRole("button", { name: "Use mine key in ~/.openclaw/openclaw.json" });
    await use.waitFor();
    await examine(first, "welcome-found");
    assert.deepEqual(holds(key), [true, true], "nothing is changed by looking");
    await use.click();
    await first.getByText("It was removed from ~/.openclaw/openclaw.json.").waitFor();
    assert.deepEqual(holds(key), [false, false]);
    assert.deepEqual(holds(oldKey), [true, true]);
    const suggestion = first.getByRole("button", { name: "Say hello and tell me what you can do." });
    await suggestion.waitFor({ timeout: 180_000 });
    await examine(first, "welcome-moved");
    await suggestion.click();
    await first
      .getByRole("article", { name: /^Answer at/ })
      .getByText("ready")
      .waitFor({ timeout: 180_000 });
    assert.equal(await clicksOf(first), 3);

    await first.getByText("1 more key on this computer lies in the clear.").waitFor();
    await first.getByRole("link", { name: "Go to Keys" }).click();
    await first.getByRole("button", { name: "Look on this computer" }).click();
    await first.getByRole("button", { name: "Move them into the vault" }).click();
    await first.getByText("moved into the vault and removed from here").waitFor();
    await first.getByText("blanked in this backup").waitFor();
    await examine(first, "keys-moved");
    assert.deepEqual(holds(oldKey), [false, false]);
    assert.deepEqual(holds("my own comment"), [true, true]);
    assert.deepEqual(product.faults(), []);
  },
);
