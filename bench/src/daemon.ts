/** SmartClaw's daemon with tokens that the bench knows, so that a bare client can speak to the same OpenClaw. */
import { fileURLToPath } from "node:url";
import { startDaemon } from "../../apps/desktop/src/daemon/daemon.ts";
import { openFront } from "../../apps/desktop/src/daemon/front.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { benchToken } from "./bare-gateway.ts";

const built = (path: string): string => fileURLToPath(new URL(`../../apps/${path}`, import.meta.url));
const paths = pathsOf(process.env, process.platform);
const front = await openFront({ paths, web: built("web/dist"), port: null });
const { stop } = await startDaemon({
  paths,
  front,
  programs: {
    keystoreChild: built("desktop/dist/keystore-child.js"),
    installChild: built("desktop/dist/install-child.js"),
    resolveChild: built("desktop/dist/resolve-child.js"),
    locks: built("desktop/dist/locks"),
    selfWatcher: built("desktop/dist/self-watcher.js"),
    updateSource: built("desktop/dist/update-source.json"),
    installed: built("desktop/dist/daemon.js"),
  },
  environment: process.env,
  newToken: () => benchToken,
  exit: (code) => process.exit(code),
  mode: "plain",
});
process.stdout.write(`${front.port}\n`);
process.stdin.resume();
process.stdin.once("end", () => void stop().then(() => process.exit(0)));
