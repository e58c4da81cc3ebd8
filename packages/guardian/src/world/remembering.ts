import type { Entry, World } from "./world.ts";

/** The same computer, of which each path is looked at once: for one decision, which must not see two states of it. */
export function remembering(world: World): World {
  const entries = new Map<string, Entry | null>();
  const programs = new Map<string, boolean>();
  return {
    ...world,
    entry: (path) => remembered(entries, path, () => world.entry(path)),
    isProgram: (path) => remembered(programs, path, () => world.isProgram(path)),
  };
}

function remembered<Value>(known: Map<string, Value>, key: string, look: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = look();
  known.set(key, value);
  return value;
}
