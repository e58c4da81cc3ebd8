import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after } from "node:test";
import type { Scope } from "../grant.ts";
import type { Duration, GrantRecord, NewGrant } from "../grant-record.ts";
import { type GrantStore, openGrantStore } from "../grant-store.ts";

export const hour = 3_600_000;
export const day = 24 * hour;
export const start = Date.UTC(2025, 11, 1);

/** A file of its own, and a clock that only the test moves. */
export interface TestPlace {
  readonly file: string;
  readonly clock: { time: number };
  /** What was logged as a warning or an error. */
  readonly logged: string[];
  open(): GrantStore;
  /** Another connection, as somebody has it who knows no key. */
  stranger(): DatabaseSync;
}

export function testPlace(folder = newFolder(), key = 7): TestPlace {
  const file = join(folder, "guardian", "grants.sqlite");
  const clock = { time: start };
  const logged: string[] = [];
  let number = 0;
  const note = (_: unknown, message: string): void => void logged.push(message);
  return {
    file,
    clock,
    logged,
    open: () =>
      openGrantStore({
        file,
        key: new Uint8Array(32).fill(key),
        clock: { now: () => clock.time },
        newId: () => `g${key}-${process.pid}-${(number += 1)}`,
        log: { info() {}, warn: note, error: note },
      }),
    stranger() {
      const database = new DatabaseSync(file, { timeout: 5000 });
      database.exec("PRAGMA synchronous = OFF");
      return database;
    },
  };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sc-grants-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const until = (at: number): Duration => ({ kind: "until", at });
export const run = (line: string, rest = true): Scope => ({ type: "run", words: line.split(" "), rest });

/** A grant that allows, for the owner and a week, unless it is said otherwise. */
export function grant(scope: Scope, other: Partial<NewGrant> = {}): NewGrant {
  return {
    effect: "allow",
    scope,
    callers: ["owner"],
    duration: until(start + 7 * day),
    source: "tab",
    ...other,
  };
}

interface HeldRow {
  readonly id: string;
  readonly value: string;
  readonly seal: Uint8Array;
}

interface StateRow {
  readonly only: number;
  readonly value: string;
  readonly seal: Uint8Array;
}

/** Everything that is in the tables, in a form that can be put back. */
export interface Rows {
  readonly held: readonly HeldRow[];
  readonly state: readonly StateRow[];
}

export function rowsOf(database: DatabaseSync): Rows {
  return {
    held: database.prepare("SELECT * FROM held").all() as unknown as HeldRow[],
    state: database.prepare("SELECT * FROM state").all() as unknown as StateRow[],
  };
}

export function putRows(database: DatabaseSync, { held, state }: Rows): void {
  database.exec("BEGIN IMMEDIATE; DELETE FROM held; DELETE FROM state");
  const putHeld = database.prepare("INSERT INTO held (id, value, seal) VALUES (?, ?, ?)");
  const putState = database.prepare("INSERT INTO state (only, value, seal) VALUES (?, ?, ?)");
  for (const { id, value, seal } of held) putHeld.run(id, value, seal);
  for (const { only, value, seal } of state) putState.run(only, value, seal);
  database.exec("COMMIT");
}

/** What was asked for, out of what was made of it. */
export function wantedOf({ effect, scope, callers, duration, source }: GrantRecord): NewGrant {
  return { effect, scope, callers, duration, source };
}

/** Adds one grant. @returns its id */
export function addOne(store: GrantStore, one: NewGrant): string {
  return store.add([one])[0]?.id ?? "";
}

/** The ids of what is allowed and of what is forbidden. */
export function inForce(store: GrantStore): { allow: string[]; deny: string[] } {
  const ids = (effect: "allow" | "deny"): string[] =>
    store
      .effective()
      .filter((one) => one.effect === effect)
      .map(({ id }) => id)
      .toSorted();
  return { allow: ids("allow"), deny: ids("deny") };
}
