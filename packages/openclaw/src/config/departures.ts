/** What OpenClaw shows in the place of anything that may be a secret. */
const redacted = "__OPENCLAW_REDACTED__";

/** Parts to which nothing may be added: there, one more word can open what the others shut. */
const closed: ReadonlySet<string> = new Set([
  "tools",
  "tools.exec",
  "tools.elevated",
  "tools.fs",
  "tools.sandbox",
  "tools.sandbox.tools",
  "agents.defaults.sandbox",
  "hooks",
  "gateway.auth",
  "gateway.http.endpoints",
  "plugins.load",
]);

/**
 * Where a configuration that OpenClaw works with is not the one that it was given, like `tools.exec.mode`. What
 * OpenClaw adds by itself does not count, but in the parts that shut it in.
 * @param given as `renderConfig` makes it
 * @param effective as OpenClaw tells it; anything may be in it
 */
export function departures(given: object, effective: unknown): string[] {
  const found = within(given, effective, "");
  const agents = at(at(effective, "agents"), "entries");
  const plugins = at(at(effective, "plugins"), "entries");
  const known = Object.keys(Object(at(at(given, "plugins"), "entries")));
  return [
    ...found,
    // An agent with settings of its own could be one without a sandbox.
    ...Object.entries(Object(agents)).flatMap(([name, settings]) =>
      isEmpty(settings) ? [] : [`agents.entries.${name}`],
    ),
    ...Object.entries(Object(plugins)).flatMap(([name, settings]) =>
      known.includes(name) || isEmpty(at(settings, "config")) ? [] : [`plugins.entries.${name}`],
    ),
  ];
}

function within(given: unknown, effective: unknown, path: string): string[] {
  if (effective === redacted && typeof given === "string") return [];
  // Of each thing in a list OpenClaw may know more, too.
  if (Array.isArray(given) && Array.isArray(effective) && given.length === effective.length)
    return given.flatMap((one, index) => within(one, effective[index], `${path}[${index}]`));
  if (!isRecord(given)) return JSON.stringify(given) === JSON.stringify(effective) ? [] : [path];
  if (!isRecord(effective)) return [path];
  const below = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const added = closed.has(path) ? Object.keys(effective).filter((key) => !Object.hasOwn(given, key)) : [];
  return [
    ...Object.keys(given).flatMap((key) => within(given[key], effective[key], below(key))),
    ...added.map(below),
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.keys(value).length === 0);
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
