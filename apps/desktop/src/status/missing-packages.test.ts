import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { missingPackagesOf } from "./missing-packages.ts";

const machine = (...programs: string[]) => ({
  platform: "linux",
  isRoot: false,
  has: (program: string) => programs.includes(program),
});
const commands = (...programs: string[]): string[] =>
  missingPackagesOf(machine("sudo", ...programs)).map(({ command }) => command);

/** For bubblewrap, socat, gnome-keyring and dbus. */
const expected = {
  "apt-get": ["bubblewrap", "socat", "gnome-keyring", "dbus"].map((name) => `apt-get install ${name}`),
  dnf: ["bubblewrap", "socat", "gnome-keyring", "dbus-daemon"].map((name) => `dnf install ${name}`),
  pacman: ["bubblewrap", "socat", "gnome-keyring", "dbus"].map((name) => `pacman -S --needed ${name}`),
  zypper: ["bubblewrap", "socat", "gnome-keyring", "dbus-1"].map((name) => `zypper install ${name}`),
  apk: ["bubblewrap", "socat", "gnome-keyring", "dbus"].map((name) => `apk add ${name}`),
};

for (const [manager, lines] of Object.entries(expected))
  test(`the command of ${manager}`, () => {
    assert.deepEqual(
      commands(manager),
      lines.map((line) => `sudo ${line}`),
    );
  });

test("only what is missing is named, with what stays off", () => {
  assert.deepEqual(missingPackagesOf(machine("dnf", "sudo", "bwrap", "socat", "dbus-run-session")), [
    {
      name: "gnome-keyring",
      withoutIt: "there may be no keystore, and a passphrase or key file is needed instead",
      command: "sudo dnf install gnome-keyring",
    },
  ]);
  assert.deepEqual(commands("apk", "bwrap", "socat", "gnome-keyring-daemon", "dbus-run-session"), []);
});

test("of two managers the first is named, and without one a sentence", () => {
  assert.equal(commands("zypper", "dnf")[0], "sudo dnf install bubblewrap");
  assert.equal(commands()[0], "Install the package that holds the program bwrap.");
});

test("root is become the way this machine has", () => {
  const first = (one: Parameters<typeof missingPackagesOf>[0]) => missingPackagesOf(one)[0]?.command;
  assert.equal(first({ ...machine("apk", "sudo"), isRoot: true }), "apk add bubblewrap");
  assert.equal(first(machine("apk", "doas")), "doas apk add bubblewrap");
  assert.equal(first(machine("apt-get")), 'su -c "apt-get install bubblewrap"');
});

test("outside Linux nothing is needed, with Homebrew or without", () => {
  assert.deepEqual(missingPackagesOf({ ...machine("brew"), platform: "darwin" }), []);
  assert.deepEqual(missingPackagesOf({ ...machine(), platform: "win32" }), []);
});

test("the script that prepares a checkout knows the same names", () => {
  const script = readFileSync(
    new URL("../../../../scripts/lib/system-packages.mjs", import.meta.url),
    "utf8",
  );
  for (const [index, room] of ["bubblewrap", "socat", "keyring", "dbus"].entries()) {
    const names = new RegExp(`\\b${room}: \\{.*?names: \\{(.*?)\\}`, "s").exec(script)?.[1] ?? "";
    const found = Object.fromEntries(
      [...names.matchAll(/"?([\w-]+)"?: "([\w-]+)"/g)].map(([, manager, name]) => [manager, name]),
    );
    const ours = Object.entries(expected).map(([manager, lines]) => [
      manager,
      lines[index]?.split(" ").at(-1),
    ]);
    assert.deepEqual(found, Object.fromEntries(ours));
  }
});
