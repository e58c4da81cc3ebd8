/**
 * OpenClaw's exec secret provider: passes the request on standard input to SmartClaw's daemon, and the answer to
 * standard output. Knows no secret itself. The daemon listens only in the moment in which OpenClaw starts or
 * reloads, and answers once; at any other time there is nobody to ask.
 *
 * Argument: the daemon's socket. Stands alone: it is copied into SmartClaw's data folder and run by OpenClaw.
 */
import { connect } from "node:net";

const timeoutMs = 4000;
const largest = 1 << 20;

function fail(reason) {
  process.stderr.write(`smartclaw: ${reason}\n`);
  process.exit(1);
}

async function readAll(stream) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > largest) throw new Error("too much data");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const [, , socketPath] = process.argv;
if (socketPath === undefined) fail("no socket given");
setTimeout(() => fail("no answer in time"), timeoutMs).unref();
try {
  const request = JSON.parse(await readAll(process.stdin));
  const socket = connect(socketPath);
  socket.write(`${JSON.stringify({ pid: process.pid, request })}\n`);
  const answer = await readAll(socket);
  if (answer === "") fail("the daemon gives no answer now");
  process.stdout.write(answer);
} catch {
  fail("the daemon does not answer now");
}
