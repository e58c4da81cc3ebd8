/** A file that is replaced on a disk that is really full, and almost full. */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import { foundKey } from "./importer/found-key.ts";
import { scrubSource } from "./importer/scrub.ts";
import { replaceFile } from "./replace-file.ts";
import { testOnSmallDisk } from "./testing/small-disk.ts";

testOnSmallDisk(import.meta.url, "1m", {
  "however little space is left, a file holds the new text or still the old one": async (disk) => {
    const file = join(disk.path, "file.json");
    let held = "old ".repeat(5_000);
    writeFileSync(file, held);
    chmodSync(file, 0o640);
    const outcomes = { replaced: 0, refused: 0 };
    for (let pages = 0; pages < 12; pages++) {
      disk.fill(pages * 4096);
      const text = `new ${pages} `.repeat(4_000);
      try {
        replaceFile(file, text);
        held = text;
        outcomes.replaced++;
      } catch (error) {
        assert.ok(error instanceof SmartClawError && error.code === "DISK_FULL", String(error));
        outcomes.refused++;
      }
      assert.ok(readFileSync(file, "utf8") === held, `${pages} pages left`);
      disk.relieve();
    }
    assert.ok(outcomes.replaced > 2 && outcomes.refused > 2, JSON.stringify(outcomes));
    assert.deepEqual(readdirSync(disk.path), ["file.json"], "nothing unfinished is left behind");
    assert.equal(statSync(file).mode & 0o777, 0o640);
  },

  "a configuration out of which no key can be taken for want of space is left whole": async (disk) => {
    const file = join(disk.path, "openclaw.json");
    const key = "sk-full-0123456789abcdef";
    const config = JSON.stringify({
      notes: "mine ".repeat(5_000),
      models: { providers: { openai: { apiKey: key } } },
    });
    const path = ["models", "providers", "openai", "apiKey"];
    const provider = {
      kind: "openai",
      label: "OpenAI",
      api: "openai-responses",
      baseUrl: "https://api.openai.com/v1",
    } as const;
    const place = { kind: "json", file, path } as const;
    const found = foundKey("openclaw-config", provider, file, path.join("."), place, Secret.fromText(key));
    writeFileSync(file, config);
    disk.fill(2 * 4096);
    assert.equal(scrubSource(found).outcome, "failed");
    assert.ok(readFileSync(file, "utf8") === config);
    disk.relieve();
    assert.equal(scrubSource(found).outcome, "moved");
    assert.ok(!readFileSync(file, "utf8").includes(key));
  },
});
