import { isDeepStrictEqual } from "node:util";
import type { Character } from "@smartclaw/updater/testing";
import { openToyHouse, type Spoil, type ToyHouse } from "./toy-house.ts";

/** What one part of the promise came to. */
export interface Finding {
  /** One sentence for each thing that was not as promised. */
  readonly wrongs: readonly string[];
  readonly evidence: string;
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
const every = { least: 6 * hour - 5 * minute, most: 6 * hour + 5 * minute };
/** The schedule is looked at each half minute. */
const tick = minute / 2;
const coolDown = 24 * hour;

/** Opens a house, lets `run` look at it, and closes it whatever happens. */
export async function inHouse<T>(
  character: Character,
  spoil: Spoil | undefined,
  run: (house: ToyHouse) => Promise<T>,
): Promise<T> {
  const house = await openToyHouse(character, spoil);
  try {
    return await run(house);
  } finally {
    await house.close();
  }
}

/** The first look after 3 minutes, and then each 6 hours, as the registry sees it. */
export function checkTimetable(spoil?: Spoil): Promise<Finding> {
  return inHouse("good", spoil, async ({ clock, registry, heard, asked, look }) => {
    const wrongs: string[] = [];
    const before = look();
    const start = clock.steady();
    await clock.pass(3 * minute - 1);
    if (heard.length > 0) wrongs.push("the registry was asked before three minutes had passed");
    await clock.pass(1);
    if (heard.length !== 1) wrongs.push("the registry was not asked three minutes after the start");
    await clock.pass(4 * day);
    const gaps = gapsOf([...heard, clock.steady()]);
    const between = gaps.slice(0, -1);
    if (between.some((gap) => gap < every.least)) wrongs.push("two looks followed each other too closely");
    if (gaps.length === 0 || gaps.some((gap) => gap > every.most + tick))
      wrongs.push("a look at the registry was left out");
    if (!isDeepStrictEqual(heard, asked)) wrongs.push("the ledger and the registry do not tell the same");
    if (registry.requests.length !== heard.length) wrongs.push("a look was more than one question");
    if (!isDeepStrictEqual(look(), before)) wrongs.push("looking changed something");
    const span =
      between.length === 0 ? "none" : `${hours(Math.min(...between))} to ${hours(Math.max(...between))}`;
    return {
      wrongs,
      evidence: `in four days the registry got ${registry.requests.length} questions, the first ${((heard[0] ?? start) - start) / minute} minutes after the start; ${span} hours lie between two`,
    };
  });
}

/** A new release is installed once its cool-down is over, with the settings as they are at first, and nothing asks. */
export function checkInstall(spoil?: Spoil): Promise<Finding> {
  return inHouse("good", spoil, async ({ clock, registry, heard, status, records, look, said }) => {
    const wrongs: string[] = [];
    const before = look();
    const { settings } = status();
    await clock.pass(7 * hour);
    const earlier = heard.length;
    registry.publish("1.1.0");
    await clock.pass(1.5 * day);
    const seen = heard[earlier] ?? Number.NaN;
    const [record, ...others] = records();
    // In this check the two clocks run alike.
    const waited = (record?.at ?? Number.NaN) - (clock.wall() - clock.steady()) - seen;
    if (record?.outcome !== "committed" || others.length > 0 || status().live !== "1.1.0")
      wrongs.push("the new release was not installed");
    if (waited < coolDown) wrongs.push("the new release was installed before its cool-down was over");
    if (waited > coolDown + every.most + tick) wrongs.push("the new release was installed too late");
    const { running, kept } = look();
    if (running !== "1.1.0") wrongs.push(`${running} runs after the update`);
    if (said() !== "what was said") wrongs.push("the new release has lost the conversation");
    if (kept !== before.kept || status().previous !== "1.0.0")
      wrongs.push("what the way back needs was not kept");
    if (!settings.automatic || !isDeepStrictEqual(status().settings, settings))
      wrongs.push("the settings were not those of the beginning");
    return {
      wrongs,
      evidence: `a new release was installed by itself ${hours(waited)} hours after it was seen first (cool-down ${settings.coolDownHours} hours, settings untouched), with the conversation, and the release before it was kept`,
    };
  });
}

/** A release that fails is rolled back by itself, everything is as before, and it is not tried again. */
export function checkRollback(character: Character, spoil?: Spoil): Promise<Finding> {
  return inHouse(character, spoil, async (house) => {
    const { clock, registry } = house;
    const wrongs: string[] = [];
    const before = house.look();
    registry.publish("1.1.0");
    await clock.pass(31 * hour);
    const tried = house.records().length;
    await house.restart();
    await clock.pass(13 * hour);
    const after = house.look();
    const [record] = house.records();
    const { running, found } = house.status();
    if (tried === 0 || record?.to !== "1.1.0") wrongs.push("the new release was never tried");
    if (record?.error === null || !["rolled-back", "refused"].includes(record?.outcome ?? ""))
      wrongs.push("the history does not say that it failed");
    if (running !== null) wrongs.push("the update did not come to its end");
    if (!isDeepStrictEqual(after.live, before.live)) wrongs.push("the version of before is not live again");
    if (after.running !== before.running) wrongs.push(`${after.running} runs after the way back`);
    if (after.kept !== before.kept) wrongs.push("the release or the state of before was changed");
    if (house.said() !== "what was said") wrongs.push("the conversation was lost");
    if (house.records().length > 1) wrongs.push(`it was tried ${house.records().length} times`);
    if (found?.verdict !== "hold") wrongs.push("nothing says that it is not tried again");
    return { wrongs, evidence: `${character}: ${record?.outcome ?? "nothing"}` };
  });
}

export function gapsOf(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
}

function hours(ms: number): string {
  return (ms / hour).toFixed(2);
}
