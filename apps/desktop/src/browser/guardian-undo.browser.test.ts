/** The owner undoes what the assistant did, from the history: with the keyboard, in both themes, and on a phone. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startModelStandIn } from "@smartclaw/openclaw/testing";
import type { Page } from "playwright-core";
import { z } from "zod";
import { pathsOf } from "../daemon/paths.ts";
import { examine } from "./examine.ts";
import { switchAgenticModeOn, takeFirstSteps, tellGuardian } from "./first-steps.ts";
import { openProduct, type Product, skip as noProduct } from "./product.ts";

const skip = noProduct === false && !existsSync("/usr/bin/bwrap") ? "there is no bubblewrap here" : noProduct;
const project = realpathSync(mkdtempSync(join(tmpdir(), "sc-undo-page-")));
const notes = join(project, "build", "notes.txt");
let product: Product;
let page: Page;
let socket = "";
let model: Awaited<ReturnType<typeof startModelStandIn>>;

before(async () => {
  if (skip !== false) return;
  mkdirSync(join(project, "build"));
  writeFileSync(notes, "written by the owner");
  model = await startModelStandIn();
  product = await openProduct();
  const home = product.makeHome();
  socket = pathsOf({ SMARTCLAW_HOME: home }, process.platform).guardianSocket;
  page = await product.startPage(home);
  await takeFirstSteps(page, { key: "sk-test", address: model.url });
  await switchAgenticModeOn(page);
  await page
    .getByRole("button", { name: /^(Add|Grant)/ })
    .first()
    .click();
  await page.getByRole("radio", { name: /Work in a folder/ }).check();
  await page.getByRole("textbox", { name: "Folder" }).fill(project);
  await page.getByRole("button", { name: "Grant this" }).click();
  await page.getByText(project).first().waitFor();
});
after(async () => {
  await product?.close();
  await model?.close();
  rmSync(project, { recursive: true, force: true });
});

const go = async (path: string): Promise<void> => void (await page.goto(new URL(path, page.url()).href));
const dialog = () => page.getByRole("dialog", { name: "Undo this?" });
const button = (name: string) => page.getByRole("button", { name }).first();

/** As OpenClaw does it, which has a test of its own; here it would only be waited for. */
async function removeBuild(): Promise<void> {
  const session = "agent:main:of-the-test";
  const command = "rm -rf build";
  const { ticket } = z.object({ ticket: z.string() }).parse(
    await tellGuardian(socket, {
      op: "decide",
      call: {
        tool: "exec",
        params: { command, workdir: project },
        toolCallId: randomUUID(),
        session,
        isOwner: true,
      },
    }),
  );
  const { argv } = z.object({ argv: z.array(z.string()) }).parse(
    await tellGuardian(socket, {
      op: "prepare",
      ticket,
      session,
      command,
      folder: project,
      environment: {},
    }),
  );
  const [program = "", ...args] = argv;
  await once(spawn(program, args, { stdio: "ignore", env: {}, cwd: "/" }), "close");
  assert.equal(existsSync(join(project, "build")), false);
  await go("/guardian");
  await button("Undo: rm -rf build").waitFor({ timeout: 60_000 });
}

test("what was removed comes back from its line in the history, by keyboard alone", { skip }, async () => {
  await removeBuild();
  await examine(page, "guardian-undo-line");
  await button("Undo: rm -rf build").focus();
  await page.keyboard.press("Enter");
  await dialog().waitFor();
  await dialog().getByText(join(project, "build"), { exact: true }).waitFor();
  await dialog().getByText("The folder comes back as it was").waitFor();
  await examine(page, "guardian-undo-dialog");
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "detached" });
  assert.equal(existsSync(notes), false, "nothing was undone yet");
  await button("Undo: rm -rf build").click();
  await dialog().getByRole("button", { name: "Undo", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("It was undone.").waitFor({ timeout: 30_000 });
  assert.equal(readFileSync(notes, "utf8"), "written by the owner");
  await button("Undo: Undo of: rm -rf build").waitFor();
});

test(
  "what somebody changed since is shown, and put back over only when that is said again",
  { skip },
  async () => {
    await removeBuild();
    mkdirSync(join(project, "build"));
    writeFileSync(join(project, "build", "other.txt"), "by somebody else");
    await button("Undo: rm -rf build").click();
    await dialog().getByRole("button", { name: "Undo", exact: true }).click();
    await dialog().getByText("Somebody may have changed this since").waitFor();
    await dialog()
      .getByText(join(project, "build", "other.txt"), { exact: true })
      .waitFor();
    await examine(page, "guardian-undo-changed");
    assert.equal(existsSync(notes), false);
    await dialog().getByRole("button", { name: "Put back all the same" }).click();
    await page.getByText("It was undone.").waitFor({ timeout: 30_000 });
    assert.equal(readFileSync(notes, "utf8"), "written by the owner");
    assert.equal(existsSync(join(project, "build", "other.txt")), false);
    assert.deepEqual(product.faults(), []);
  },
);
