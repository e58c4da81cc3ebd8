/** What stands under the help of `smartclaw update` and its commands. */

export const updateExamples = `
Examples:
  smartclaw update                           what runs, what was found, what becomes of it
  smartclaw update check                     look for a newer version now
  smartclaw update apply                     update now, and follow it until the new version works
  smartclaw update rollback                  go back to the version before

Exit codes: 0 done, 1 failed, 2 wrong use, 3 SmartClaw is not running, 4 the last look for a newer version failed.`;

export const statusExamples = `
Examples:
  smartclaw update status
  smartclaw update status --json             the settings, live, running, lastCheck, found and last, for programs

Exit codes: 0 done, 4 the last look for a newer version failed, 3 SmartClaw is not running.`;

export const checkExamples = `
What is found is installed by itself, if automatic updates are on and nothing speaks against it; the answer says so.

Examples:
  smartclaw update check
  smartclaw update check --json              the status after the look

Exit codes: 0 it could look, 1 it could not, 3 SmartClaw is not running.`;

const follows = `The steps are shown on stderr until the other version works. SmartClaw goes on to watch it for ten minutes, in which
the one before comes back by itself if it does not stay up; \`smartclaw update history\` tells how that ended. Ctrl-C
ends only the showing; the work goes on. With --json that last step ("probation") is printed, or the record of an
earlier end, and nothing before it.`;
const followCodes = `
Exit codes: 0 the other version is the live one, 1 it is not, 2 wrong use, 3 SmartClaw is not running.`;

export const applyExamples = `
Installs the newest version, or VERSION. A cool-down, skipped versions, earlier failures, a metered connection and a
low battery do not count; a hold and a pin do. Whatever fails, the version that runs now stays or comes back.
${follows}

Examples:
  smartclaw update apply
  smartclaw update apply 2026.9.7
  smartclaw update apply --json
${followCodes}`;

export const rollbackExamples = `
Goes back to the version before this one; a new version that is still on trial is given up at once. The version
that is left is not installed by itself again; a newer one is.
${follows}

Examples:
  smartclaw update rollback
  smartclaw update rollback --json
${followCodes}`;

const changeCodes = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 SmartClaw is not running.`;

export const holdExamples = `
Examples:
  smartclaw update hold                      stay on the version that runs
  smartclaw update hold --off                no longer
${changeCodes}`;

export const pinExamples = `
Examples:
  smartclaw update pin                       install nothing but the version that runs
  smartclaw update pin 2026.9.7              install nothing but this one
  smartclaw update pin --off                 every version may be installed again
${changeCodes}`;

export const skipExamples = `
Examples:
  smartclaw update skip 2026.9.7             pass it over
  smartclaw update skip 2026.9.7 --off       no longer
${changeCodes}`;

export const autoExamples = `
By itself, SmartClaw fetches nothing over a metered connection, or on a battery with less than 30 % left.

Examples:
  smartclaw update auto on                   look 3 minutes after start and every 6 hours, and install
  smartclaw update auto off                  look and install only when you say so
${changeCodes}`;

export const historyExamples = `
Examples:
  smartclaw update history
  smartclaw update history --limit 5 --json  the 5 newest records, for programs

Exit codes: 0 done, 2 wrong use, 3 SmartClaw is not running.`;
