/**
 * Talks to the operating system's keystore in a process of its own, because such calls may block for ever on a
 * password dialog and cannot be interrupted from inside. The parent kills it.
 */
import { readFileSync } from "node:fs";
import { Entry } from "@napi-rs/keyring";
import { type KeystoreAnswer, type KeystoreRequest, keystoreRequest } from "./keystore-protocol.ts";

function answerTo(request: KeystoreRequest): KeystoreAnswer {
  try {
    // Without the pin, a Linux machine without D-Bus silently gets the kernel keyring, which forgets.
    const entry = new Entry(request.service, request.account, { linux: { store: "secret-service" } });
    if (request.op === "read") {
      const secret = entry.getSecret();
      return secret === null
        ? { kind: "missing" }
        : { kind: "found", secret: Buffer.from(secret).toString("base64") };
    }
    if (request.op === "write") entry.setSecret(Buffer.from(request.secret, "base64"));
    else entry.deleteCredential();
    return { kind: "done" };
  } catch (error) {
    return classify(error instanceof Error ? error.message : "");
  }
}

/** The keystore's own words go no further: only what is known to be harmless is said. */
function classify(message: string): KeystoreAnswer {
  if (/no (matching )?entry|not found|no such/i.test(message) && !/service files|connect/i.test(message))
    return { kind: "missing" };
  if (/lock|dismissed|denied|interaction/i.test(message)) return { kind: "locked", reason: "it is locked" };
  if (/not provided by any \.service|ServiceUnknown/i.test(message))
    return { kind: "unavailable", reason: "no program on this computer offers the Secret Service" };
  if (/dbus|d-bus|bus address|connect/i.test(message))
    return { kind: "unavailable", reason: "there is no D-Bus session to reach it through" };
  return { kind: "unavailable", reason: "it answered with a fault" };
}

const answer = answerTo(keystoreRequest.parse(JSON.parse(readFileSync(0, "utf8"))));
process.stdout.write(JSON.stringify(answer));
