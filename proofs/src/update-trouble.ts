import { isDeepStrictEqual } from "node:util";
import type { RegistryFault } from "@smartclaw/updater/testing";
import type { Spoil, ToyHouse } from "./toy-house.ts";
import { day, type Finding, gapsOf, hour, inHouse, minute } from "./update-checks.ts";

/** One kind of trouble, in which nothing may change, and no two questions may be closer than `apart`. */
interface Trouble {
  readonly name: string;
  readonly apart: number;
  readonly happen: (house: ToyHouse) => Promise<void>;
}

const usual = 6 * hour - 5 * minute;
/** However the wall clock moves. */
const whileClocksMove = 30 * minute;
const year = 365 * day;
/** Those that answer at once; what hangs and what trickles is waited for by a real clock, and has tests. */
const lies: readonly RegistryFault[] = [
  "503",
  "429",
  "captive-portal",
  "garbage",
  "cut-off",
  "redirect",
  "huge",
  "gzip-bomb",
];

const troubles: readonly Trouble[] = [
  {
    name: "a clock that jumps by years each five minutes",
    apart: whileClocksMove,
    async happen({ clock }) {
      for (let jump = 1; jump <= 24; jump++) {
        clock.shiftWall(jump % 4 === 0 ? -3 * year : year);
        await clock.pass(5 * minute);
      }
      await clock.pass(7 * hour);
    },
  },
  {
    name: "three days of sleep",
    apart: whileClocksMove,
    async happen({ clock }) {
      clock.shiftWall(3 * day);
      await clock.pass(7 * hour);
    },
  },
  {
    name: "a release that is withdrawn in its cool-down, and a clock that jumps ten years ahead in it",
    apart: whileClocksMove,
    async happen({ clock, registry }) {
      registry.publish("1.1.0");
      await clock.pass(7 * hour);
      clock.shiftWall(10 * year);
      await clock.pass(hour);
      registry.tag("1.0.0");
      await clock.pass(7 * hour);
    },
  },
  {
    name: `a registry that lies (${lies.join(", ")}, the manifest of another package or release)`,
    apart: usual,
    async happen({ clock, registry }) {
      for (const lie of lies) {
        registry.misbehave(lie);
        await clock.pass(7 * hour);
      }
      registry.publish("1.1.0");
      registry.misbehave("wrong-name");
      await clock.pass(1.5 * day);
      registry.misbehave("wrong-version");
      await clock.pass(7 * hour);
      registry.misbehave(null);
    },
  },
  {
    name: "an older version replayed, and one that is none",
    apart: usual,
    async happen({ clock, registry }) {
      for (const latest of ["0.9.0", "../../etc", "1.0.0"]) {
        registry.tag(latest);
        await clock.pass(7 * hour);
      }
    },
  },
];

/** Clocks that jump, sleep and bad registries change nothing and cause no storm; what is good is still installed after. */
export function checkTrouble(spoil?: Spoil): Promise<Finding> {
  return inHouse("good", spoil, async (house) => {
    const { clock, registry, asked } = house;
    await clock.pass(7 * hour);
    const calm = asked.length;
    for (const trouble of troubles) {
      const wrongs = await goThrough(house, trouble);
      if (wrongs.length > 0) return { wrongs, evidence: `${trouble.name}: not as promised` };
    }
    registry.publish("1.2.0");
    await clock.pass(1.5 * day);
    const recovered = house.status().live === "1.2.0" && house.records().length === 1;
    const down: Trouble = {
      name: "a registry that is down",
      apart: usual,
      async happen({ clock, registry }) {
        await registry.close();
        await clock.pass(day);
      },
    };
    const wrongs = await goThrough(house, down);
    const names = [...troubles, down].map(({ name }) => name).join("; ");
    return {
      wrongs: recovered ? wrongs : ["after all the trouble a good release was not installed", ...wrongs],
      evidence: `${names}: nothing changed, ${asked.length - calm} looks, never two within ${Math.min(...gapsOf(asked)) / minute} minutes; a good release was installed afterwards`,
    };
  });
}

async function goThrough(house: ToyHouse, { name, apart, happen }: Trouble): Promise<string[]> {
  const [before, records, looks] = [house.look(), house.records().length, house.asked.length];
  await happen(house);
  const wrongs: string[] = [];
  if (house.records().length !== records || !isDeepStrictEqual(house.look(), before))
    wrongs.push(`${name}: something was changed`);
  // With the last look before it, which may be closer than the first one in it shall be.
  const gaps = gapsOf(house.asked.slice(Math.max(0, looks - 1)));
  if (gaps.some((gap) => gap < apart)) wrongs.push(`${name}: it was asked too often`);
  if (house.asked.length === looks) wrongs.push(`${name}: it was not asked at all`);
  return wrongs;
}
