/** SmartClaw's daemon with tokens that the bench knows, so that a bare client can speak to the same OpenClaw. */
import { fileURLToPath } from "node:url";
import { startDaemon } from "../../apps/desktop/src/daemon/daemon.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { benchToken } from "./bare-gateway.ts";

const built = (path: string): string => fileURLToPath(new URL(`../../apps/${path}`, import.meta.url));
const { port, stop } = await startDaemon({
  paths: pathsOf(process.env, process.platform),
  programs: {
    keystoreChild: built("desktop/dist/keystore-child.js"),
    installChild: built("desktop/dist/install-child.js"),
    locks: built("desktop/dist/locks"),
    web: built("web/dist"),
  },
  environment: process.env,
  port: null,
  newToken: () => benchToken,
  exit: () => process.exit(0),
});
process.stdout.write(`${port}\n`);
process.stdin.resume();
process.stdin.once("end", () => void stop().then(() => process.exit(0)));
