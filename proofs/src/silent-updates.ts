import type { Character } from "@smartclaw/updater/testing";
import type { Proof } from "./proof.ts";
import type { Spoil } from "./toy-house.ts";
import { checkInstall, checkRollback, checkTimetable, type Finding } from "./update-checks.ts";
import { checkTrouble } from "./update-trouble.ts";

/** Updates come by themselves and on time, and one that fails leaves no trace but a line in the history. */
export const silentUpdates: Proof = {
  id: "silent-updates",
  title: "Updates are silent, and a bad one is rolled back by itself",
  limit:
    "Toys stand in for OpenClaw and its registry here; the real OpenClaw's update from 2026.9.5 to 2026.9.6 and back runs in the integration tests, SmartClaw's own in another one, and neither was run on macOS or Windows.",
  async run() {
    const timetable = await checkTimetable();
    const install = await checkInstall();
    const rollbacks: Finding[] = [];
    for (const character of bad) rollbacks.push(await checkRollback(character));
    const trouble = await checkTrouble();
    const wrongs = [timetable, install, ...rollbacks, trouble].flatMap(({ wrongs }) => wrongs);

    const noticed: string[] = [];
    const missed: string[] = [];
    for (const { broken, check, noticedAs } of controls) {
      const wrong = (await check()).wrongs.find((sentence) => noticedAs.test(sentence));
      if (wrong === undefined) missed.push(broken);
      else noticed.push(`${broken} (“${wrong}”)`);
    }
    return {
      holds: wrongs.length === 0,
      control: missed.length === 0,
      evidence: [
        "the real updater, schedule, SQLite store and registry client; a registry stand-in on loopback and toy releases on the disk stand in for npm and OpenClaw; the clock is moved by hand",
        timetable.evidence,
        install.evidence,
        `releases that fail, after which, half a day later and after a restart, all is as before, byte for byte, and which are not tried again: ${rollbacks.map(({ evidence }) => evidence).join(", ")}`,
        trouble.evidence,
        ...wrongs.map((wrong) => `NOT AS PROMISED: ${wrong}`),
        `controls, noticed each: ${noticed.join("; ")}`,
        ...missed.map((broken) => `control went unnoticed: ${broken}`),
      ],
    };
  },
};

const bad: readonly Character[] = [
  "fails-rehearsal",
  "never-starts",
  "dies-on-probation",
  "spoils-its-state",
];

/** An arrangement that breaks the promise on purpose, and what the same check has to say of it. */
interface Control {
  readonly broken: string;
  readonly check: () => Promise<Finding>;
  readonly noticedAs: RegExp;
}

const neverFires: Spoil = () => ({ setTimer: () => () => {} });
const hurries: Spoil = ({ store }) => ({
  store: {
    ...store,
    memory() {
      const memory = store.memory();
      const { acquaintance } = memory;
      return { ...memory, acquaintance: acquaintance && { ...acquaintance, knownForMs: 1e12 } };
    },
  },
});
const leavesItLive: Spoil = ({ target }) => ({ target: { ...target, restore: async () => {} } });
const sharesTheState: Spoil = ({ target }) => ({
  target: { ...target, activate: (to) => target.activate({ ...to, state: "first" }) },
});
const forgets: Spoil = ({ store }) => ({ store: { ...store, history: () => [] } });
const trustsTheWall: Spoil = (_, clock) => ({ steady: clock.wall });

const controls: readonly Control[] = [
  {
    broken: "a schedule that never fires",
    check: () => checkTimetable(neverFires),
    noticedAs: /left out/,
  },
  {
    broken: "a cool-down that is counted wrong",
    check: () => checkInstall(hurries),
    noticedAs: /before its cool-down/,
  },
  {
    broken: "a way back that does nothing",
    check: () => checkRollback("never-starts", leavesItLive),
    noticedAs: /not live again/,
  },
  {
    broken: "a release that works on the state of the one before",
    check: () => checkRollback("never-starts", sharesTheState),
    noticedAs: /was changed/,
  },
  {
    broken: "a history that is forgotten",
    check: () => checkRollback("fails-rehearsal", forgets),
    noticedAs: /tried \d+ times/,
  },
  {
    broken: "a schedule that trusts the wall clock alone",
    check: () => checkTrouble(trustsTheWall),
    noticedAs: /asked too often/,
  },
];
