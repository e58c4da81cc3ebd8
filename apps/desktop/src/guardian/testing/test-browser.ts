import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, createBrowser, findChromium } from "@smartclaw/guardian";
import { exitStandIn } from "@smartclaw/guardian/testing";
import { findFreePort, ownerOf } from "@smartclaw/openclaw";
import type { TestBrowser } from "./guarded-openclaw.ts";

/** Sites that only a test has, and the assistant's real browser, which gets to them by a stand-in of its exit. */
export interface TestWeb {
  readonly browser: TestBrowser & { /** How many are open. */ tabs(): number };
  /** Every request that came to a site, like `shop.example.org/page`. */
  readonly requests: readonly string[];
  close(): void;
}

/** @param pages by host and path, like `shop.example.org/page`; a text that begins with `https?:` leads on to there */
export async function openTestWeb(pages: ReadonlyMap<string, string>, scripts: boolean): Promise<TestWeb> {
  const requests: string[] = [];
  const server = createServer(({ headers, url = "" }, response) => {
    const asked = `${headers.host}${url}`;
    requests.push(asked);
    const page = pages.get(asked) ?? pages.get(asked.replace(/\?.*/, ""));
    if (page === undefined) return response.writeHead(404).end();
    if (/^https?:/.test(page)) return response.writeHead(302, { location: page }).end();
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>${page}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const hosts = new Set([...pages.keys()].map((page) => page.split("/", 1)[0] ?? ""));
  const gatePort = (await findFreePort(20_000 + Math.floor(Math.random() * 30_000), [])) ?? 0;
  let opened: Browser | null = null;
  return {
    requests,
    browser: {
      gatePort,
      scripts,
      tabs: () => opened?.tabs().length ?? 0,
      async open(root, real, objection) {
        opened = await createBrowser({
          profileFolder: join(root, "browser"),
          runFolder: join(root, "run", "browser"),
          gatePorts: [gatePort],
          find: () => findChromium(process.platform),
          openExit: exitStandIn(new Map([...hosts].map((host) => [`${host}:80`, port]))),
          objection,
          async isOpenClaw(connection) {
            const { pid: root } = real.supervisor.state();
            const { tree } = real;
            return (
              root !== null &&
              (await ownerOf(connection, { tree, root, platform: process.platform })) !== null
            );
          },
          authorities: [],
          clock: Date,
          log: { info() {}, warn() {}, error: console.error },
        });
        return opened;
      },
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
