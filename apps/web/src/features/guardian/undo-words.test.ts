import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuardianSnapshot } from "@smartclaw/contracts";
import { undoOf } from "./undo-words.ts";

const snapshot = (id: string, state: GuardianSnapshot["state"]): GuardianSnapshot => ({
  id,
  at: 1,
  text: "rm a",
  paths: [{ path: "/p/a", was: "file" }],
  special: [],
  bytes: 1,
  undoes: null,
  state,
});

test("a line has what undoes it, as long as that is kept and was not used", () => {
  const all = (["open", "unsure", "begun", "done", "running"] as const).map((state) =>
    snapshot(state, state),
  );
  const found = (kind: string, body: Record<string, unknown>) => undoOf({ kind, body }, all)?.id ?? null;
  for (const id of ["open", "unsure", "begun"]) {
    assert.equal(found("start", { copy: id }), id);
    assert.equal(found("file", { copy: id }), id);
    assert.equal(found("undo", { aside: id, copy: "done", done: true }), id);
    assert.equal(found("undo", { aside: id, done: false }), null);
    assert.equal(found("decision", { copy: id }), null);
  }
  for (const copy of ["done", "running", "gone", undefined, 1, null])
    assert.equal(found("start", { copy }), null);
});
