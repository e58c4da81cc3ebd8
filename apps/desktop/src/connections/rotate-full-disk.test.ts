/** Replacing a key on a disk that is really full: what is reported is what holds. */
import assert from "node:assert/strict";
import { Secret, secretIdOf, SmartClawError } from "@smartclaw/contracts";
import { testOnSmallDisk } from "@smartclaw/vault/testing";
import { createRealConnections } from "./testing/real-connections.ts";

testOnSmallDisk(import.meta.url, "1m", {
  "however little space is left, a failure that is reported leaves the old key, a success the new one":
    async (disk, t) => {
      // So many models that there is often space for the key in the vault, and not for `connections.json`.
      const models = Array.from({ length: 200 }, (_, number) => `standin-${number}`);
      const real = await createRealConnections(disk.path, models);
      t.after(() => real.close());
      let { vault, store, connections } = await real.open();
      let held = "sk-first";
      const { connection } = await connections.add({ ...real.request, key: held }, { keepAnyway: false });
      assert.ok(connection !== null);
      const { id } = connection;
      const outcomes = { replaced: 0, refused: 0, unwritten: 0 };
      for (let pages = 0; pages < 32; pages++) {
        disk.fill(pages * 4096);
        const key = `sk-${pages}`;
        const logged = real.logged.length;
        try {
          const rotated = await connections.rotate(id, Secret.fromText(key));
          assert.equal(rotated.check.ok, true);
          assert.deepEqual(
            [rotated.connection.lastCheck, store.find(id)?.lastCheck],
            [rotated.check, rotated.check],
          );
          held = key;
          outcomes.replaced++;
        } catch (error) {
          assert.ok(error instanceof SmartClawError && error.code === "DISK_FULL", String(error));
          outcomes.refused++;
        }
        outcomes.unwritten += real.logged.length - logged;
        assert.equal(vault.get(secretIdOf(id))?.revealText(), held, `${pages} pages left`);
        ({ vault, store, connections } = await real.open());
        assert.equal(vault.get(secretIdOf(id))?.revealText(), held, `${pages} pages left, after a restart`);
        assert.deepEqual(
          connections.list().map((one) => [one.id, one.hasKey]),
          [[id, true]],
        );
        disk.relieve();
      }
      assert.ok(
        Object.values(outcomes).every((count) => count > 2),
        JSON.stringify(outcomes),
      );
    },
});
