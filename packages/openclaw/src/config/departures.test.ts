import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { departures } from "./departures.ts";
import { renderConfig } from "./render-config.ts";

const given = renderConfig({
  port: 18810,
  secretCommand: { command: "/bin/secret", args: [] },
  providers: [
    {
      id: "one",
      api: "openai-completions",
      baseUrl: "http://127.0.0.1:1/v1",
      models: [{ id: "m", name: "M", reasoning: false, images: false, contextWindow: 1000, maxTokens: 100 }],
    },
  ],
  primary: "one/m",
  forwardProxyUrl: "http://127.0.0.1:2",
  workspace: "/w",
  logFile: "/l",
  guardian: { plugin: "/p", socket: "/s", browserGate: 1234, browserScripts: false },
});
const copy = (): Record<string, unknown> => JSON.parse(JSON.stringify(given)) as Record<string, unknown>;

/** Every place at which there is a value, by its keys. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, one]) => leaves(one, [...path, key]));
}

function put(into: object, path: readonly string[], value: unknown): void {
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce<object>((one, key) => Reflect.get(one, key) as object, into);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, value);
}

test("what OpenClaw adds and hides by itself is no departure", () => {
  assert.deepEqual(departures(given, copy()), []);
  const shown = copy();
  put(shown, ["agents", "defaults", "maxConcurrent"], 8);
  put(shown, ["agents", "entries"], { main: {} });
  put(shown, ["plugins", "entries", "memory-core"], { config: {} });
  put(shown, ["commands", "native"], "auto");
  put(shown, ["models", "providers", "one", "models", "0", "compat"], {});
  put(shown, ["secrets", "providers", "smartclaw", "command"], "__OPENCLAW_REDACTED__");
  assert.deepEqual(departures(given, shown), []);
});

test("every other value, and every one that is missing, is told", () => {
  const places = leaves(given);
  assert.ok(places.length > 80);
  for (const path of places) {
    for (const value of [undefined, "other", 1234, null, { mode: "full" }]) {
      const other = copy();
      put(other, path, value);
      if (JSON.stringify(other) === JSON.stringify(given)) continue;
      const found = departures(given, other);
      assert.ok(found.length > 0, `${path.join(".")} = ${JSON.stringify(value)}`);
    }
  }
});

test("what opens the parts that shut it in is told", () => {
  const opening: [readonly string[], unknown][] = [
    [["tools", "exec", "security"], "full"],
    [["tools", "byProvider"], { one: { allow: ["*"] } }],
    [["tools", "sandbox", "tools", "alsoAllow"], ["*"]],
    [["tools", "elevated", "allowFrom"], { webchat: ["*"] }],
    [["agents", "defaults", "sandbox", "docker"], { binds: ["/:/host"] }],
    [["agents", "entries"], { main: { sandbox: { mode: "off" } } }],
    [["agents", "entries"], { other: { tools: { allow: ["*"] } } }],
    [["plugins", "entries", "foreign"], { config: { run: true } }],
    [["plugins", "load", "more"], ["/elsewhere"]],
    [["hooks", "path"], "/hooks"],
  ];
  for (const [path, value] of opening) {
    const other = copy();
    put(other, path, value);
    assert.equal(departures(given, other).length, 1, path.join("."));
  }
});

test("whatever comes instead of a configuration departs", () => {
  fc.assert(
    fc.property(fc.anything(), (anything) => {
      assert.ok(departures(given, anything).length > 0);
    }),
  );
});
