import {
  componentNames,
  foundSentence,
  liveSince,
  lookSentence,
  nextLookSentence,
  outcomeNames,
  recordSentence,
  runningTitle,
  stepSentence,
  type UpdateRecord,
  type UpdateSettings,
  type UpdateStatus,
} from "@smartclaw/contracts";
import { bytes, table } from "../output.ts";

const when = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Everything about updates, a line each. @param records the newest first */
export function describeUpdates(status: UpdateStatus, records: readonly UpdateRecord[], now: number): string {
  const { settings, previous, running, found, last } = status;
  const name = componentNames[status.component];
  const flag = status.component === "smartclaw" ? " --self" : "";
  return table([
    [name, describeLive(status, records)],
    ...(previous === null
      ? []
      : [["Before it", `${previous}; \`smartclaw update rollback${flag}\` goes back`]]),
    ...(running === null ? [] : [["Under way", `${runningTitle(running)}. ${stepSentence(running)}`]]),
    ["Last look", describeLook(status, now)],
    ["Next look", nextLookSentence(status, now)],
    ...(found === null || found.verdict === "current"
      ? []
      : [["Found", `${name} ${found.version}. ${foundSentence(found, settings, when)}`]]),
    ["Settings", describeSettings(settings)],
    ...(last === null ? [] : [["Last update", describeEnd(last)]]),
  ]);
}

/** The last look and, when it failed, why. */
function describeLook(status: UpdateStatus, now: number): string {
  const { lastCheck } = status;
  const sentence = lookSentence(status, now);
  if (lastCheck === null) return sentence;
  const { error } = lastCheck;
  return error === null
    ? `${sentence} ${bytes(lastCheck.bytes)} were received for it.`
    : `${sentence} ${error.message} ${error.next}`;
}

/** How a look went, and what becomes of what it found or has begun already. */
export function describeFound(status: UpdateStatus, now: number): string {
  const { found, lastCheck, running, settings } = status;
  const look = describeLook(status, now);
  if (running !== null) return `${look}\n${runningTitle(running)}. See \`smartclaw update status\`.`;
  const failed = lastCheck === null || lastCheck.error !== null;
  return failed || found === null || found.verdict === "current"
    ? look
    : `${look}\n${foundSentence(found, settings, when)}`;
}

/** A row each, the newest first. */
export function describeHistory(records: readonly UpdateRecord[]): string {
  if (records.length === 0) return "There were no updates yet.";
  return table(
    records.map((record) => [when(record.at), outcomeNames[record.outcome], describeReason(record)]),
  );
}

function describeLive({ live }: UpdateStatus, records: readonly UpdateRecord[]): string {
  if (live === null) return "no version is installed yet";
  const since = liveSince(live, records);
  return since === null ? live : `${live}, since ${when(since)}`;
}

function describeSettings({ automatic, held, pinned, skipped, coolDownHours }: UpdateSettings): string {
  return [
    `automatic updates are ${automatic ? "on" : "off"}`,
    ...(held ? ["held at this version"] : []),
    ...(pinned === null ? [] : [`pinned to ${pinned}`]),
    ...(skipped.length === 0 ? [] : [`${skipped.join(", ")} skipped`]),
    `a new version waits ${coolDownHours} hours`,
  ].join("; ");
}

function describeEnd(record: UpdateRecord): string {
  return `${when(record.at)}: ${describeReason(record)}`;
}

function describeReason(record: UpdateRecord): string {
  return [recordSentence(record), ...(record.error === null ? [] : [record.error.message])].join(" ");
}
