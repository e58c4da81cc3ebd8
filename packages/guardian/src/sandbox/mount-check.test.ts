import assert from "node:assert/strict";
import { test } from "node:test";
import { mountsAreRight } from "./mount-check.ts";
import type { Mount } from "./mounts.ts";

/** As `mountinfo` has them: device, root, point, options. */
const lines = (rows: readonly string[]): string =>
  rows.map((row, at) => `${at + 20} 1 ${row},relatime - ext4 /dev/x rw\n`).join("");

const own = [
  "8:1 / / rw",
  "0:5 / /dev rw",
  "8:2 /@home /home rw",
  "8:3 / /home/u/p/usb\\040stick rw",
  "0:9 / /tmp rw",
];
const ordered: readonly Mount[] = [
  { type: "write", path: "/home/u/p" },
  { type: "read", path: "/home/u/p/.git" },
  { type: "hide-file", path: "/home/u/p/.env" },
  { type: "hide-folder", path: "/home/u/p/own" },
];
const base = ["0:40 /newroot / rw", "0:41 / /tmp rw", "0:42 / /home/u rw"];
const good = {
  p: "8:2 /@home/u/p /home/u/p rw",
  usb: "8:3 / /home/u/p/usb\\040stick rw",
  git: "8:2 /@home/u/p/.git /home/u/p/.git ro",
  env: "0:5 /null /home/u/p/.env ro",
  folder: "0:43 / /home/u/p/own ro",
};
const check = (change: Partial<Record<keyof typeof good | "more", string>> = {}): boolean | null =>
  mountsAreRight(
    ordered,
    lines([...base, ...Object.values({ ...good, ...change }).filter((line) => line !== "")]),
    lines(own),
  );

test("a sandbox as it was ordered is right, with what the user has mounted there", () => {
  assert.equal(check(), true);
  assert.equal(check({ usb: "" }), true);
  assert.equal(check({ more: "8:1 /usr /usr ro" }), true);
});

test("another place, another file system, a mount that is missing or may be written is not", () => {
  const wrong: Parameters<typeof check>[0][] = [
    { p: "8:2 /@home/u/.ssh /home/u/p rw" },
    { p: "8:1 /@home/u/p /home/u/p rw" },
    { p: "8:2 /home/u/p /home/u/p rw" },
    { git: "8:2 /@home/u/.ssh /home/u/p/.git ro" },
    { git: "8:2 /@home/u/p/.git /home/u/p/.git rw" },
    { git: "8:2 /@home/u/p/.git /home/u/p/.gone ro" },
    { git: "" },
    { env: "" },
    { env: "8:2 /@home/u/p/decoy /home/u/p/.env ro" },
    { env: "0:5 /null /home/u/p/.env rw" },
    { folder: "8:2 /@home/u/p/own /home/u/p/own ro" },
    { folder: "0:9 / /home/u/p/own ro" },
    { folder: "0:43 / /home/u/p/own rw" },
    { usb: "8:2 /@home/u/.ssh /home/u/p/usb\\040stick rw" },
    { more: "8:2 /@home/u/.ssh /home/u/p/deep rw" },
    { more: "8:2 /@home/u/.ssh /home/u/p rw" },
  ];
  for (const change of wrong) assert.equal(check(change), false, JSON.stringify(change));
});

test("while it is being made, nothing is known", () => {
  const steps = [
    own,
    ["0:40 / / rw", "8:1 / /oldroot rw", "0:40 /newroot /newroot rw"],
    ["0:40 /newroot / rw", "8:1 / /oldroot/x rw"],
    [],
  ];
  for (const rows of steps) assert.equal(mountsAreRight([], lines(rows), lines(own)), null);
  assert.equal(
    mountsAreRight([], lines(base), lines(["0:40 /newroot / rw"])),
    null,
    "this process is in such a sandbox itself, and the new one is not there yet",
  );
  assert.equal(mountsAreRight([], lines(base), lines(own)), true);
});
