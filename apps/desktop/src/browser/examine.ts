import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

const axeSource = createRequire(import.meta.url).resolve("axe-core");

/** A loaded machine shows a new theme or size many frames after it was asked for. */
export async function settled(on: Page, theme: "light" | "dark", width: number): Promise<void> {
  await on.waitForFunction(
    (asked) =>
      matchMedia(`(prefers-color-scheme: ${asked.theme})`).matches &&
      innerWidth === asked.width &&
      document.getAnimations().every(({ playState }) => playState !== "running"),
    { theme, width },
  );
  await on.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1)
      await new Promise<unknown>((resolve) => requestAnimationFrame(resolve));
  });
}

/** axe-core on a page as it stands, in both themes and at each width; a picture of each for people to look at. */
export async function examine(on: Page, name: string): Promise<void> {
  for (const theme of ["light", "dark"] as const)
    for (const [width, height] of [
      [1280, 800],
      [1024, 768],
      [390, 844],
    ] as const) {
      await on.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await on.setViewportSize({ width, height });
      await settled(on, theme, width);
      if (!(await on.evaluate(() => "axe" in globalThis))) {
        // The page's own policy forbids inline scripts; the test's evaluation is not the page's.
        await on.evaluate(readFileSync(axeSource, "utf8"));
      }
      const found = await on.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        return (await axe.run()).violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
        );
      });
      assert.deepEqual(found, [], `${name}, ${theme}, ${width}`);
      // Code may; the page and its lists may not.
      const wide = await on.evaluate(() =>
        [...document.querySelectorAll(":not(pre)")]
          .filter((one) => one.matches("html") || getComputedStyle(one).overflowX === "auto")
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map(({ outerHTML }) => outerHTML.slice(0, 160)),
      );
      assert.deepEqual(wide, [], `${name} scrolls sideways at ${width}`);
      const folder = join(tmpdir(), "smartclaw-screenshots");
      mkdirSync(folder, { recursive: true });
      await on.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`), fullPage: true });
    }
  await on.emulateMedia({ colorScheme: "light" });
  await on.setViewportSize({ width: 1280, height: 800 });
}
