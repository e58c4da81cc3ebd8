/**
 * A daemon that updates a toy, and is killed at a point that is asked for: before or after any one thing that the
 * updater does to the disk. The points are counted as they come up, so none can be forgotten in a list.
 * argv: folder, character, the point to be killed at (0: none). Prints the names of the points, in their order.
 */
import { join } from "node:path";
import { openUpdateStore } from "../store/update-store.ts";
import { createUpdater } from "../updater.ts";
import { type Character, createToyTarget, listToyRuntimes } from "./toy-target.ts";

const [root = "", character = "good", killAt = "0"] = process.argv.slice(2);
const points: string[] = [];
const point = (name: string): void => {
  points.push(name);
  if (points.length === Number(killAt)) process.kill(process.pid, "SIGKILL");
};
/** `one` with a point before and after each call of its methods that changes something. */
const watched = <T extends object>(one: T, readers: readonly string[]): T =>
  new Proxy(one, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function" || readers.includes(String(name))) return value;
      return (...args: unknown[]): unknown => {
        point(`before ${String(name)}`);
        const result: unknown = Reflect.apply(value, target, args);
        const after = (): void => point(`after ${String(name)}`);
        if (result instanceof Promise) return result.finally(after);
        after();
        return result;
      };
    },
  });

const quiet = { info() {}, warn() {}, error() {} };
const store = openUpdateStore({ file: join(root, "updates.sqlite"), log: quiet });
const updater = createUpdater({
  component: "openclaw",
  store: watched(store, ["journal", "history", "memory", "close"]),
  target: watched(createToyTarget(root, character as Character), ["live", "baseFor"]),
  registry: {
    newest: () => Promise.resolve({ version: "1.1.0", bytes: 21 }),
    release: () =>
      Promise.resolve({
        version: "1.1.0",
        node: ">=28",
        integrity: "sha512-",
        schemaVersions: {},
        bytes: 100,
      }),
  },
  runtimes: {
    installed: () => listToyRuntimes(root).filter((name) => !name.endsWith(".part")),
    published: () => Promise.resolve({ versions: ["24.1.0", "28.1.0"], bytes: 100 }),
    neededBy: () => null,
  },
  nodeVersion: "26.10.0",
  conditions: () => Promise.resolve({ metered: false, batteryLeft: null }),
  clock: { now: () => Date.now() },
  steady: () => Math.floor(performance.now()),
  random: () => 0.5,
  newId: () => "next",
  setTimer: () => () => {},
  log: quiet,
});
const ended = new Promise<void>((resolve) =>
  updater.onChange(() => {
    if (updater.status().running === null) setImmediate(resolve);
  }),
);
const goesOn = updater.start();
if (goesOn) await ended;
else if (updater.status().last === null) {
  await updater.apply();
  await ended;
}
await updater.close();
process.stdout.write(JSON.stringify(points));
