import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ProviderStandIn, startProviderStandIn } from "@smartclaw/egress/testing";
import { chromium, type Page } from "playwright-core";
import { pathsOf } from "../daemon/paths.ts";
import { skipWithoutRelease, useInstalledReleases } from "../daemon/testing/real-daemon.ts";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);
/** Why there is no product to test here; false when there is one. */
export const skip =
  skipWithoutRelease === false && executablePath === undefined ? "no Chromium" : skipWithoutRelease;
/** The only key that the stand-in provider takes. */
export const key = "sk-test-canary-0123456789";

/** The whole product, as a person meets it: the built daemon, the real OpenClaw, a real Chromium. */
export interface Product {
  /** Speaks the providers' protocols in their stead. */
  readonly provider: ProviderStandIn;
  /** A user's folder with OpenClaw installed; the installation has its own test and would only cost time here. */
  makeHome(): string;
  /** Starts SmartClaw and opens its page in a browser profile of its own, where `clicksOf` counts. */
  startPage(home: string): Promise<Page>;
  /** What any page loaded from elsewhere, and where it broke its own policy. */
  faults(): readonly string[];
  /** Stops every SmartClaw and takes the folders away. */
  close(): Promise<void>;
}

export async function openProduct(): Promise<Product> {
  const provider = await startProviderStandIn({ key, models: ["standin-1", "standin-2"] });
  const browser = await chromium.launch({
    executablePath: executablePath ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const homes: string[] = [];
  const faults: string[] = [];
  return {
    provider,
    faults: () => faults,
    makeHome() {
      const home = mkdtempSync(join(tmpdir(), "sc-page-"));
      homes.push(home);
      useInstalledReleases({ paths: pathsOf({ SMARTCLAW_HOME: home }, process.platform) });
      return home;
    },
    async startPage(home) {
      const { url } = (await smartclaw(home, "start", "--no-open")) as { url: string };
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        permissions: ["clipboard-read", "clipboard-write"],
      });
      await context.addInitScript(() => {
        const counter = Object.assign(globalThis, { clicks: 0 });
        addEventListener("click", () => counter.clicks++, true);
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on("request", (request) => {
        const own = request.url().startsWith(new URL(url).origin) || request.url().startsWith("blob:");
        if (!own) faults.push(`loaded ${request.url()}`);
      });
      page.on("console", (message) => {
        if (/content security policy|violates/i.test(message.text())) faults.push(message.text());
      });
      await page.goto(url);
      return page;
    },
    async close() {
      await browser.close();
      for (const home of homes) {
        await smartclaw(home, "stop");
        rmSync(home, { recursive: true, force: true });
      }
      await provider.close();
    },
  };
}

export function clicksOf(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as { clicks: number }).clicks);
}

async function smartclaw(home: string, ...args: string[]): Promise<Record<string, unknown>> {
  // A developer's own keys are nothing for a test to find.
  const environment = Object.entries(process.env).filter(([name]) => !name.endsWith("_API_KEY"));
  const child = run(process.execPath, [cli, ...args, "--json"], {
    env: { ...Object.fromEntries(environment), SMARTCLAW_HOME: home, HOME: home, CI: "1" },
  });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Record<string, unknown>;
}
