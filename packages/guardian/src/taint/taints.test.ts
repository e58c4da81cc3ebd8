import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Need } from "../analysis/report.ts";
import { recipientOf, sendingNeeds, takenIn } from "./taint-core.ts";
import { openTaints } from "./taints.ts";

const root = mkdtempSync(join(tmpdir(), "sc-taint-"));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(root, `folder-${files++}`, "conversations.sqlite");

const reach = (host: string): Need => ({ type: "reach", host, port: 443, sends: false });
const read: Need = { type: "read", path: "/p/a" };
const privately = { privateRead: true, untrusted: false };
const untrusted = { privateRead: false, untrusted: true };

test("a conversation is held back by both, in any order, and by no one of them", () => {
  const orders = [
    [privately, untrusted],
    [untrusted, privately],
  ] as const;
  for (const [first, second] of orders) {
    const taints = openTaints(newFile());
    assert.deepEqual(taints.heldBack("a", [reach("h")]), []);
    taints.takeIn("a", first);
    assert.deepEqual(taints.heldBack("a", [reach("h")]), []);
    taints.takeIn("a", second);
    assert.deepEqual(taints.heldBack("a", [reach("h")]), [reach("h")]);
    assert.deepEqual(taints.heldBack("b", [reach("h")]), [], "another one is another one");
    taints.close();
  }
});

test("it stays so over a restart, with whom the owner let it write to since", () => {
  const file = newFile();
  const before = openTaints(file);
  before.takeIn("a", { privateRead: true, untrusted: true });
  before.trust("a", [reach("known.test")]);
  before.close();
  const now = openTaints(file);
  assert.deepEqual(now.heldBack("a", [reach("known.test"), reach("other.test")]), [reach("other.test")]);
  now.close();
  assert.equal(statSync(join(file, "..")).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("a row that nobody understands is of a conversation that took in everything", () => {
  const file = newFile();
  openTaints(file).close();
  const database = new DatabaseSync(file);
  database.exec(`INSERT INTO conversation VALUES ('a', 0, 7, '[]'), ('b', 0, 0, '{'), ('c', 0, 0, '[7]')`);
  database.close();
  const taints = openTaints(file);
  for (const session of ["a", "b", "c"])
    assert.deepEqual(taints.heldBack(session, [reach("h")]), [reach("h")], session);
  taints.close();
});

test("nothing makes a conversation cleaner", () => {
  const taint = fc.record({ privateRead: fc.boolean(), untrusted: fc.boolean() });
  const step = fc.oneof(
    fc.record({ do: fc.constant("take" as const), session: fc.constantFrom("a", "b"), taint }),
    fc.record({
      do: fc.constant("trust" as const),
      session: fc.constantFrom("a", "b"),
      host: fc.constantFrom("x", "y"),
    }),
    fc.record({ do: fc.constant("restart" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const file = newFile();
      let taints = openTaints(file);
      const taken = new Map([
        ["a", { privateRead: false, untrusted: false }],
        ["b", { privateRead: false, untrusted: false }],
      ]);
      const trusted = new Set<string>();
      for (const one of steps) {
        if (one.do === "restart") {
          taints.close();
          taints = openTaints(file);
        } else if (one.do === "take") {
          taints.takeIn(one.session, one.taint);
          const had = taken.get(one.session);
          taken.set(one.session, {
            privateRead: one.taint.privateRead || had?.privateRead === true,
            untrusted: one.taint.untrusted || had?.untrusted === true,
          });
        } else {
          taints.trust(one.session, [reach(one.host)]);
          trusted.add(`${one.session} ${one.host}`);
        }
      }
      for (const [session, { privateRead, untrusted: strange }] of taken)
        for (const host of ["x", "y", "z"]) {
          const isHeld = privateRead && strange && !trusted.has(`${session} ${host}`);
          assert.equal(taints.heldBack(session, [reach(host)]).length, isHeld ? 1 : 0);
        }
      taints.close();
    }),
    { numRuns: 40 },
  );
});

test("what an action brings in, and to whom it tells something", () => {
  const command = { type: "command", text: "x", folder: null, environment: {} } as const;
  assert.deepEqual(takenIn(command, [], ["/p"]), privately);
  assert.deepEqual(takenIn(command, [reach("h")], []), untrusted);
  const file = { type: "files", text: "", reads: [], writes: [] } as const;
  assert.deepEqual(takenIn(file, [read], []), privately);
  assert.deepEqual(takenIn(file, [{ type: "write", path: "/p/a" }], []), {
    privateRead: false,
    untrusted: false,
  });
  const origin = "https://h.test";
  const browse: Need = { type: "browse", origin, may: "read" };
  const seeing = { type: "browser", text: "", call: { does: "read", tab: null } } as const;
  const opening = {
    type: "browser",
    text: "",
    call: { does: "open", address: `${origin}/?q`, origin, isNew: true, tab: null },
  } as const;
  const acting = { type: "browser", text: "", call: { does: "act", tab: null } } as const;
  for (const action of [seeing, opening, acting]) assert.deepEqual(takenIn(action, [browse], []), untrusted);
  assert.deepEqual(sendingNeeds(seeing, [browse]), []);
  assert.deepEqual(sendingNeeds(opening, [browse]), [browse]);
  assert.deepEqual(sendingNeeds(acting, [browse]), [browse]);
  assert.deepEqual(sendingNeeds(command, [read, reach("h")]), [reach("h")]);
  assert.deepEqual([recipientOf(reach("h")), recipientOf(browse)], ["h", origin]);
});
