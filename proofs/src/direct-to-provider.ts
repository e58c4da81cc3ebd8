import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTestCertificates } from "@smartclaw/egress/testing";
import { runIsolated } from "./isolation.ts";
import type { Proof } from "./proof.ts";

interface Seen {
  readonly answer: string;
  readonly names: string[];
  readonly packets: number;
  readonly peers: { host: string; address: string | null; fingerprint: string | null }[];
  readonly requests: number;
  readonly hosts: string[];
  readonly impostor: { ok: boolean; message: string; requests: number };
}

/** A public address, routed back into the namespace, where the stand-in for the provider waits. */
export const providerAddress = "104.18.7.192";
export const impostorAddress = "104.18.7.193";
const providerHost = "api.openai.com";

/** Messages go from this computer to the provider over TLS, with nobody in between. */
export const directToProvider: Proof = {
  id: "direct-to-provider",
  title: "Messages go straight to the provider over TLS",
  limit:
    "The provider's own servers cannot be used for a proof: a stand-in with a certificate for its name takes their place, trusted only inside this proof.",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "smartclaw-tls-"));
    try {
      const real = await makeTestCertificates([providerHost]);
      const fake = await makeTestCertificates([providerHost]);
      for (const [name, text] of Object.entries({
        ca: real.ca,
        key: real.key,
        cert: real.cert,
        "fake-key": fake.key,
        "fake-cert": fake.cert,
      }))
        writeFileSync(join(folder, `${name}.pem`), text, { mode: 0o600 });
      const expected = new X509Certificate(real.cert).fingerprint256.replaceAll(":", "").toLowerCase();
      const seen = await runIsolated<Seen>("./direct-to-provider.isolated.ts", {
        SMARTCLAW_PROOF_FOLDER: folder,
      });
      const others = seen.peers.filter(
        (peer) =>
          peer.host !== providerHost || peer.address !== providerAddress || peer.fingerprint !== expected,
      );
      const direct = seen.peers.length > 0 && others.length === 0;
      return {
        holds:
          direct &&
          seen.answer !== "" &&
          seen.requests > 1 &&
          seen.packets === 0 &&
          seen.names.every((name) => name === providerHost) &&
          seen.hosts.every((host) => host === providerHost),
        control: !seen.impostor.ok && seen.impostor.requests === 0,
        evidence: [
          `answer over TLS: “${seen.answer}”; the stand-in for ${providerHost} got ${seen.requests} requests`,
          others.length === 0
            ? `every TLS peer was ${providerHost} at ${providerAddress}, certificate ${expected.slice(0, 16)}…`
            : `connections that were not to ${providerHost} at ${providerAddress}: ${JSON.stringify(others)}`,
          `names asked for: ${[...new Set(seen.names)].join(", ")}; host of the requests: ${seen.hosts.join(", ")}; packets to anyone else: ${seen.packets}`,
          `control: someone else who answered under that name got ${seen.impostor.requests} requests: “${seen.impostor.message}”`,
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
