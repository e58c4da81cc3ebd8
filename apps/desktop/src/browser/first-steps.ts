import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { z } from "zod";

/** What a new user does on the first page: a vault behind a passphrase, and a provider at an address. */
export async function takeFirstSteps(page: Page, provider: { key: string; address: string }): Promise<void> {
  await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
  await page.getByRole("button", { name: "Make the vault" }).click();
  await page.getByLabel("API key").fill(provider.key);
  await page.getByLabel("Provider").selectOption("compatible");
  await page.getByLabel("Address").fill(provider.address);
  const begin = page.getByRole("button", { name: "Check and begin" });
  await begin.click();
  await begin.waitFor({ state: "detached", timeout: 180_000 });
}

/** Switches Agentic Mode on, on the page of Guardian. */
export async function switchAgenticModeOn(page: Page): Promise<void> {
  await page.goto(new URL("/guardian", page.url()).href);
  await page.getByRole("switch", { name: "Agentic Mode" }).click();
  await page.getByText("On", { exact: true }).waitFor({ timeout: 60_000 });
}

/** As OpenClaw's plugin speaks to Guardian, where OpenClaw itself would only be waited for. */
export async function tellGuardian(socketPath: string, order: object): Promise<unknown> {
  const connection = connect(socketPath);
  await once(connection, "connect");
  connection.write(`${JSON.stringify(order)}\n`);
  return z.object({ answer: z.unknown() }).parse(JSON.parse(await text(connection))).answer;
}
