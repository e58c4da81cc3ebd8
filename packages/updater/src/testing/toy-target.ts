import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { live, type Live } from "../transaction/transaction.ts";
import type { UpdateTarget } from "../transaction/update-target.ts";

/** How the new release of a toy behaves. */
export type Character =
  | "good"
  | "never-starts"
  | "dies-on-probation"
  | "spoils-its-state"
  | "fails-rehearsal";

/**
 * Stands in for OpenClaw where a daemon is killed hundreds of times: releases, Nodes, states and the pointer are real
 * files on a real disk, only the programs in them are one word long. The new release migrates its state when it starts.
 */
export function createToyTarget(root: string, character: Character): UpdateTarget {
  const pointer = join(root, "live.json");
  const release = (version: string): string => join(root, "versions", version);
  const runtime = (node: string): string => join(toyRuntimes(root), node);
  const state = (id: string): string => join(root, "states", id);
  const readLive = (): Live | null =>
    existsSync(pointer) ? live.parse(JSON.parse(readFileSync(pointer, "utf8"))) : null;
  const activate = (to: Live): void => {
    writeFileSync(`${pointer}.next`, JSON.stringify(to));
    renameSync(`${pointer}.next`, pointer);
  };
  const fail = (what: string): never => {
    throw new SmartClawError("UPDATE_UNHEALTHY", `The new release ${what}.`, "Wait.");
  };
  /** Starting is reading the release and the state that the pointer names. */
  const start = (): void => {
    const now = readLive();
    if (now === null || readFileSync(join(release(now.version), "program"), "utf8") !== now.version)
      throw new Error("the live release is not there");
    if (now.node !== "bundled" && readFileSync(join(runtime(now.node), "program"), "utf8") !== now.node)
      throw new Error("its Node is not there");
    const history = join(state(now.state), "history");
    readFileSync(history, "utf8");
    if (now.version !== "1.0.0") {
      writeFileSync(join(state(now.state), "schema"), now.version);
      if (character === "spoils-its-state") rmSync(history);
      if (character === "never-starts" || character === "spoils-its-state") fail("does not start");
    }
    writeFileSync(join(root, "running"), now.version);
  };

  return {
    live: readLive,
    baseFor: (previous) => previous.state,
    async stage({ to }) {
      if (to.node !== "bundled") layOut(runtime(to.node), to.node);
      layOut(release(to.version), to.version);
    },
    async rehearse() {
      if (character === "fails-rehearsal") fail("does not rehearse");
    },
    async awaitIdle() {},
    async stop() {
      rmSync(join(root, "running"), { force: true });
    },
    async copyState({ base, to }) {
      if (existsSync(state(to.state))) return;
      const unfinished = `${state(to.state)}.part`;
      rmSync(unfinished, { recursive: true, force: true });
      cpSync(state(base), unfinished, { recursive: true });
      renameSync(unfinished, state(to.state));
    },
    activate,
    async startAndJudge() {
      start();
    },
    async watch() {
      if (character === "dies-on-probation") fail("died");
    },
    async restore({ from }) {
      rmSync(join(root, "running"), { force: true });
      activate(from);
      start();
    },
    async tidy(keep) {
      for (const node of listToyRuntimes(root))
        if (!keep.some((one) => one.node === node)) rmSync(runtime(node), { recursive: true, force: true });
      for (const id of readdirSync(join(root, "states")))
        if (!keep.some((one) => one.state === id)) rmSync(state(id), { recursive: true, force: true });
    },
  };
}

const toyRuntimes = (root: string): string => join(root, "runtimes");

/** Nodes that lie there besides the bundled one. */
export function listToyRuntimes(root: string): string[] {
  return existsSync(toyRuntimes(root)) ? readdirSync(toyRuntimes(root)) : [];
}

/** Makes a program of one word in a folder that is whole or not there. */
function layOut(folder: string, word: string): void {
  const staging = `${folder}.part`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "program"), word);
  if (!existsSync(folder)) renameSync(staging, folder);
}

/** A first installation of a toy: release 1.0.0 with a state that holds a history. */
export function installToy(root: string): void {
  mkdirSync(join(root, "versions", "1.0.0"), { recursive: true });
  writeFileSync(join(root, "versions", "1.0.0", "program"), "1.0.0");
  mkdirSync(join(root, "states", "first"), { recursive: true });
  writeFileSync(join(root, "states", "first", "history"), "what was said");
  const first: Live = { version: "1.0.0", node: "bundled", state: "first" };
  writeFileSync(join(root, "live.json"), JSON.stringify(first));
}
