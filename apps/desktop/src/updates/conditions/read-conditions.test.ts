import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conditions } from "@smartclaw/updater";
import { readConditions } from "./read-conditions.ts";
import { createMachine } from "./this-machine.ts";

/** A machine of which only these outputs and files are known, recorded on real ones or from their documentation. */
function machine(known: { said?: string; supplies?: Record<string, Record<string, string>> }) {
  const asked: string[][] = [];
  const read = (platform: NodeJS.Platform): Promise<Conditions> =>
    readConditions(platform, {
      async run(program, args) {
        asked.push([program, ...args]);
        if (known.said === undefined) throw new Error("ENOENT");
        return known.said;
      },
      async readText(file) {
        const [name, what] = file.split("/").slice(-2);
        const text = known.supplies?.[name ?? ""]?.[what ?? ""];
        if (text === undefined) throw new Error("ENOENT");
        return `${text}\n`;
      },
      async list() {
        if (known.supplies === undefined) throw new Error("ENOENT");
        return Object.keys(known.supplies);
      },
    });
  return { read, asked };
}
const unknown = { metered: false, batteryLeft: null };

test("on Linux, NetworkManager's word counts, its guess too", async () => {
  for (const [data, metered] of [
    [0, false],
    [1, true],
    [2, false],
    [3, true],
    [4, false],
  ] as const) {
    const { read, asked } = machine({ said: `{"type":"u","data":${data}}\n` });
    assert.equal((await read("linux")).metered, metered, String(data));
    assert.deepEqual(asked[0]?.slice(0, 2), ["busctl", "--system"]);
  }
});

const mains = { type: "Mains", online: "1" };
const unplugged = { type: "Mains", online: "0" };
const battery = (capacity: string, status = "Discharging") => ({ type: "Battery", capacity, status });
const batteries: readonly (readonly [string, Record<string, Record<string, string>>, number | null])[] = [
  ["a laptop that is emptied", { AC: unplugged, BAT0: battery("17") }, 17],
  ["a laptop on mains", { AC: mains, BAT0: battery("17", "Charging") }, null],
  ["mains that cannot keep up", { AC: mains, BAT0: battery("17") }, null],
  ["a full one", { AC: unplugged, BAT0: battery("100", "Full") }, null],
  ["one that says nothing of mains", { BAT1: battery("29") }, 29],
  ["two, one after the other", { AC: unplugged, BAT0: battery("4"), BAT1: battery("90", "Unknown") }, 47],
  [
    "a mouse that is almost empty",
    { AC: mains, hidpp_battery_0: { ...battery("5"), scope: "Device" } },
    null,
  ],
  [
    "a mouse beside a computer without mains",
    { hidpp_battery_0: { ...battery("5"), scope: "Device" } },
    null,
  ],
  ["a desktop", {}, null],
  [
    "a charger of USB-C",
    { "ucsi-source-psy-1": { type: "USB", online: "1" }, BAT0: battery("9", "Charging") },
    null,
  ],
  ["one that does not tell how full it is", { BAT0: { type: "Battery", status: "Discharging" } }, null],
];
for (const [what, supplies, left] of batteries)
  test(`on Linux, the battery of ${what}`, async () => {
    assert.deepEqual(await machine({ supplies }).read("linux"), { metered: false, batteryLeft: left });
  });

const macs: readonly (readonly [string, number | null])[] = [
  [
    "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t21%; discharging; 1:02 remaining present: true\n",
    21,
  ],
  [
    "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=3735651)\t97%; discharging; (no estimate) present: true\n",
    97,
  ],
  [
    "Now drawing from 'AC Power'\n -InternalBattery-0 (id=4653155)\t21%; charging; 1:31 remaining present: true\n",
    null,
  ],
  [
    "Now drawing from 'AC Power'\n -InternalBattery-0 (id=3735651)\t97%; charged; 0:00 remaining present: true\n",
    null,
  ],
  ["Now drawing from 'AC Power'\n", null],
];
for (const [said, left] of macs)
  test(`on macOS, ${JSON.stringify(said.slice(0, 80))}`, async () => {
    assert.deepEqual(await machine({ said }).read("darwin"), { metered: false, batteryLeft: left });
  });

const windows: readonly (readonly [object, Conditions])[] = [
  [{ cost: "Unrestricted", batteries: [] }, unknown],
  [{ cost: "Unknown", batteries: [{ left: 12, status: 2 }] }, unknown],
  [
    { cost: "Fixed", batteries: [] },
    { metered: true, batteryLeft: null },
  ],
  [
    { cost: "Variable", batteries: [{ left: 80, status: 1 }] },
    { metered: true, batteryLeft: 80 },
  ],
  [
    { cost: "Unrestricted", roaming: true, batteries: [] },
    { metered: true, batteryLeft: null },
  ],
  [
    { cost: "Unrestricted", overLimit: true, batteries: [] },
    { metered: true, batteryLeft: null },
  ],
  [
    {
      cost: "Unrestricted",
      batteries: [
        { left: 7, status: 4 },
        { left: 9, status: 5 },
      ],
    },
    { metered: false, batteryLeft: 8 },
  ],
];
for (const [given, conditions] of windows)
  test(`on Windows, ${JSON.stringify(given)}`, async () => {
    const { read, asked } = machine({ said: JSON.stringify({ roaming: false, overLimit: false, ...given }) });
    assert.deepEqual(await read("win32"), conditions);
    const script = Buffer.from(asked[0]?.at(-1) ?? "", "base64").toString("utf16le");
    assert.match(script, /GetConnectionCost\(\)[^]*Win32_Battery[^]*ConvertTo-Json/);
  });

test("what nobody knows, or says in another form, is no obstacle", async () => {
  for (const platform of ["linux", "darwin", "win32", "freebsd"] as const)
    for (const said of [undefined, "", "{}", "null", "Failed to connect to bus", '{"type":"s","data":"yes"}'])
      assert.deepEqual(
        await machine(said === undefined ? {} : { said }).read(platform),
        unknown,
        `${platform} ${said}`,
      );
});

test("one half that cannot be told does not hide the other", async () => {
  const supplies = { BAT0: battery("3") };
  assert.deepEqual(await machine({ supplies, said: "no bus" }).read("linux"), {
    metered: false,
    batteryLeft: 3,
  });
  assert.deepEqual(await machine({ said: '{"type":"u","data":1}' }).read("linux"), {
    metered: true,
    batteryLeft: null,
  });
});

test("this machine is asked, and answers; whoever does not want to wait is not kept", async () => {
  const machine = createMachine(new AbortController().signal);
  const { metered, batteryLeft } = await readConditions(process.platform, machine);
  assert.equal(typeof metered, "boolean");
  assert.ok(batteryLeft === null || (batteryLeft >= 0 && batteryLeft <= 100));
  await assert.rejects(machine.run("no-such-program-here", []));
  const off = new AbortController();
  const asking = createMachine(off.signal).run(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  off.abort();
  await assert.rejects(asking, { name: "AbortError" });
});
