import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Clock, Log, RandomBytes } from "@smartclaw/contracts";
import { openJsonFile } from "../daemon/json-file.ts";

const linkLifetimeMs = 10 * 60_000;
const sessionLifetimeMs = 30 * 24 * 3_600_000;
const maxSessions = 50;
const maxLinks = 20;

const storedSession = z.object({ cookie: z.string(), proof: z.string(), expiresAt: z.number() });
type StoredSession = z.infer<typeof storedSession>;

/**
 * A browser session has two halves of 256 random bits. Cookies of `localhost` are sent to every port of it, so a
 * program on another port could read the cookie; the proof lives in the page's origin-bound storage and travels in a
 * header. Neither half is worth anything alone. Only SHA-256 digests are kept.
 */
export interface Sessions {
  /** A new one-time login token. */
  link(): { token: string; expiresAt: number };
  /** Uses a login token up; null when it is unknown, used or too old. */
  login(token: string): { cookie: string; proof: string; maxAgeSeconds: number } | null;
  valid(cookie: string | undefined, proof: string | undefined): boolean;
  logout(cookie: string): void;
}

export function createSessions(deps: {
  file: string;
  clock: Clock;
  random: RandomBytes;
  log: Log;
}): Sessions {
  const file = openJsonFile(deps.file, z.array(storedSession), [], deps.log);
  const links = new Map<string, number>();
  const newToken = (): string => Buffer.from(deps.random(32)).toString("base64url");
  const alive = (): StoredSession[] => file.get().filter((session) => session.expiresAt > deps.clock.now());
  return {
    link() {
      const now = deps.clock.now();
      for (const [key, expiry] of links) if (expiry <= now) links.delete(key);
      const oldest = links.keys().next();
      if (links.size >= maxLinks && oldest.done !== true) links.delete(oldest.value);
      const token = newToken();
      links.set(digest(token), now + linkLifetimeMs);
      return { token, expiresAt: now + linkLifetimeMs };
    },
    login(token) {
      const key = digest(token);
      const expiry = links.get(key);
      links.delete(key);
      if (expiry === undefined || expiry <= deps.clock.now()) return null;
      const cookie = newToken();
      const proof = newToken();
      const session = {
        cookie: digest(cookie),
        proof: digest(proof),
        expiresAt: deps.clock.now() + sessionLifetimeMs,
      };
      file.set([...alive(), session].slice(-maxSessions));
      return { cookie, proof, maxAgeSeconds: sessionLifetimeMs / 1000 };
    },
    valid(cookie, proof) {
      if (cookie === undefined || proof === undefined) return false;
      const cookieDigest = digest(cookie);
      const proofDigest = digest(proof);
      let found = false;
      for (const session of alive()) {
        const matches = equal(session.cookie, cookieDigest) && equal(session.proof, proofDigest);
        found = found || matches;
      }
      return found;
    },
    logout(cookie) {
      const key = digest(cookie);
      file.set(alive().filter((session) => !equal(session.cookie, key)));
    },
  };
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Both are digests of equal length. */
function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
