import { slotNames } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { describeGateway, describeInstall, isHealthy } from "../describe.ts";
import { vaultAnswer } from "../describe-vault.ts";
import { openInBrowser } from "../open-in-browser.ts";
import { bytes, exit, table } from "../output.ts";

/** What runs, with a fresh login link. */
export const status: Command = async ({ client, output }) => {
  const api = await client();
  const [now, { url }] = await Promise.all([api.system.status(), api.system.loginLink()]);
  const { smartclaw, openclaw, vault, modelProxy, forwardProxy } = now;
  const rows = [
    ["Dashboard", url],
    [
      "SmartClaw",
      `${smartclaw.version}, process ${smartclaw.pid}, ${bytes(smartclaw.residentBytes)} of memory`,
    ],
    ["OpenClaw", `${describeInstall(openclaw.install)} ${describeGateway(openclaw.gateway)}`],
    [
      "Keys",
      vault.openedBy !== null
        ? `${now.connections} connections; the vault was opened by ${slotNames[vault.openedBy]}`
        : `${vault.message} ${vaultAnswer(vault).next}`,
    ],
    [
      "Ways out",
      `model proxy ${modelProxy.requests} requests; forward proxy ${forwardProxy.refused} of ${forwardProxy.requests} refused`,
    ],
    ...now.missing.map((one) => ["Missing", `${one.name}: without it ${one.withoutIt}. ${one.command}`]),
  ];
  output.answer({ ...now, url, healthy: isHealthy(now) }, table(rows));
  return isHealthy(now) ? exit.ok : exit.unhealthy;
};

/** Opens the dashboard signed in. */
export const open: Command = async ({ client, environment, output }) => {
  const { url } = await (await client()).system.loginLink();
  await openInBrowser(url, environment);
  output.answer({ url }, url);
  return exit.ok;
};

/** Checks everything and says what to do. */
export const doctor: Command = async ({ client, output }) => {
  const checks = await (await client()).system.doctor();
  const mark = { ok: "ok  ", warn: "note", fail: "FAIL" } as const;
  const lines = checks.map(
    ({ level, title, detail, next }) => `${mark[level]}  ${title}: ${detail}${next === "" ? "" : ` ${next}`}`,
  );
  output.answer(checks, lines.join("\n"));
  return checks.some(({ level }) => level === "fail") ? exit.unhealthy : exit.ok;
};
