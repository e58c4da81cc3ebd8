import { descriptors } from "./descriptors.ts";

/**
 * The way out of a command that may speak to some hosts. Around its sandbox, which is the same as every command's,
 * lies another one that has a network of its own with nothing in it but a relay: what connects to its one port arrives
 * at the exit's socket, which nothing in the inner sandbox can see. The relay is outside of the inner one in every
 * other respect, too, and dies with the outer one, whose first process is the inner one's parent.
 */

/** On 127.0.0.1 of the outer sandbox. */
export const relayPort = 3128;
/** Connections at one time; who wants more waits. */
const mostConnections = 64;
/** How long a connection stays open for an answer after one side has said all that it has to say, in seconds. */
const answerWithinSeconds = 30;

const { orders, reports, filter, gate } = descriptors;

/** Programs that speak HTTP know their way by these. */
const place = `http://127.0.0.1:${relayPort}`;
export const relayVariables: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [
      [name, place],
      [name.toUpperCase(), place],
    ]),
  ),
  no_proxy: "",
  NO_PROXY: "",
};

/** Takes the socket's name, in the folder in which it is started, and the command's text. */
export const relayScript = [
  `/usr/bin/socat -t ${answerWithinSeconds} TCP-LISTEN:${relayPort},bind=127.0.0.1,fork,max-children=${mostConnections} "UNIX-CONNECT:$1" </dev/null >/dev/null 2>&1 ${[orders, reports, filter, gate].map((one) => `${one}>&-`).join(" ")} &`,
  `exec /usr/bin/bwrap --args ${orders} -- /bin/bash --noprofile --norc -c "$2" ${reports}>&-`,
].join("\n");

/**
 * Arguments for the outer `bwrap`. It keeps this computer's files, and its `/proc`, without which the kernel lets
 * nobody make a new one for the inner sandbox.
 */
export const outerArguments: readonly string[] = [
  ["--unshare-user", "--unshare-pid", "--unshare-net", "--as-pid-1", "--die-with-parent", "--clearenv"],
  ["--dev-bind", "/", "/"],
].flat();
