import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { LedgerWriter, Log, OpenExit } from "@smartclaw/contracts";
import { createGuardedExit } from "@smartclaw/egress";
import { makeTestCertificates } from "@smartclaw/egress/testing";

/** Sites over https under names that only a test has, and the real exit, for which they are on the internet. */
export interface TestSites {
  readonly openExit: OpenExit;
  /** Of the authority that vouches for them, in PEM. */
  readonly authority: string;
  /** Every request, like `GET good.test/page`. */
  readonly requests: readonly string[];
  close(): void;
}

const pages: Readonly<Record<string, string>> = {
  "/page": "the page\n",
  "/script": "echo from the script\n",
};

/**
 * `/away` leads to another site, `/hold` never ends, `/repo.git` is a repository.
 * @param hosts what they are called; one that begins with `private.` leads into a private network
 */
export async function openTestSites(deps: {
  readonly folder: string;
  readonly hosts: readonly string[];
  readonly ledger: LedgerWriter;
  readonly log: Log;
}): Promise<TestSites> {
  const { folder, hosts, ledger, log } = deps;
  const { ca, key, cert } = await makeTestCertificates(hosts);
  const requests: string[] = [];
  makeRepository(folder);
  const server = createServer({ key, cert }, (request, response) => {
    const { method = "", url = "/" } = request;
    const path = new URL(url, "https://x").pathname;
    requests.push(`${method} ${request.headers.host}${url}`);
    request.resume();
    if (path === "/away") return response.writeHead(302, { location: "https://evil.test/page" }).end();
    if (path === "/hold") return void response.writeHead(200).write("held\n");
    try {
      response.end(pages[path] ?? readFileSync(join(folder, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    authority: ca,
    requests,
    openExit: createGuardedExit({
      ledger,
      log,
      async resolve(host) {
        if (!hosts.includes(host)) throw new Error(`there is no ${host}`);
        return [host.startsWith("private.") ? "10.1.2.3" : "1.2.3.4"];
      },
      connect: () => connect(port, "127.0.0.1"),
    }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Served as files, which git takes, too. */
function makeRepository(folder: string): void {
  const work = join(folder, "work");
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, "readme.txt"), "in the repository\n");
  const git = (...args: string[]): void =>
    void execFileSync("git", args, {
      cwd: work,
      env: { PATH: "/usr/bin:/bin", HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
      stdio: "ignore",
    });
  git("init", "-q");
  git("add", ".");
  git("-c", "user.name=u", "-c", "user.email=u@u", "commit", "-qm", "one");
  git("clone", "-q", "--bare", ".", join(folder, "repo.git"));
  git("--git-dir", join(folder, "repo.git"), "update-server-info");
}
