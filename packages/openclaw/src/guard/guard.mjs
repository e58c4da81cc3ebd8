/**
 * Preloaded into OpenClaw (`node --import <this file>`), its worker threads and the Node programs it starts.
 * Refuses every TCP connection, UDP datagram and name look-up that would leave this computer; the caller sees
 * the ordinary "no such host" or "connection refused" at once. The proxies on loopback stay reachable.
 * Where OpenClaw may send a browser, a name is answered by `SMARTCLAW_GUARD_NAMES`, an address that leads nowhere: OpenClaw
 * looks a page's host up only to see that it is none of this network, and the browser's own way out decides.
 * Lets servers listen on 127.0.0.1 and nowhere else; OpenClaw would take ::1 as well.
 *
 * This keeps honest code honest. It is no sandbox: native add-ons, programs that are not Node, and code that
 * sets out to undo it can reach the network. The socket watchdog is there to notice those.
 *
 * Two promises ride on the descriptor that the daemon passes in `SMARTCLAW_GUARD_FD`: each refusal is written
 * to it as one JSON line `{host, port, via}`, and when the daemon is gone (end of file) this process ends.
 *
 * Stands alone: it runs inside another program's process, so it imports nothing of SmartClaw.
 */
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { isMainThread } from "node:worker_threads";

const GRACE_MS = 5000;
const REPORTS_PER_SECOND = 50;

const loopback = new net.BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(host) {
  const name = String(host).toLowerCase().replace(/\.$/, "");
  if (name === "localhost") return true;
  const family = net.isIP(name);
  if (family === 0) return false;
  try {
    return loopback.check(name, family === 6 ? "ipv6" : "ipv4");
  } catch {
    return false;
  }
}

function refusal(host, port) {
  if (net.isIP(host) === 0) {
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
      errno: -3008,
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
      hostname: host,
    });
  }
  return Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), {
    errno: -111,
    code: "ECONNREFUSED",
    syscall: "connect",
    address: host,
    port,
  });
}

/** Takes the daemon's descriptor, and leaves a mark by which worker threads know it and child processes do not. */
function takeChannel() {
  const [fd, owner] = (process.env.SMARTCLAW_GUARD_FD ?? "").split("/");
  if (!/^\d+$/.test(fd)) return null;
  if (owner === undefined && isMainThread) {
    process.env.SMARTCLAW_GUARD_FD = `${fd}/${process.pid}`;
    endWithTheDaemon(Number(fd));
    return Number(fd);
  }
  return owner === String(process.pid) ? Number(fd) : null;
}

function endWithTheDaemon(fd) {
  const lifeline = new net.Socket({ fd, readable: true, writable: false });
  lifeline.on("error", () => undefined);
  lifeline.once("close", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS);
  });
  lifeline.resume();
  lifeline.unref();
}

let windowStart = 0;
let inWindow = 0;
function report(channel, host, port, via) {
  if (channel === null) return;
  const now = Date.now();
  if (now - windowStart >= 1000) {
    windowStart = now;
    inWindow = 0;
  }
  if (++inWindow > REPORTS_PER_SECOND) return;
  try {
    fs.writeSync(channel, `${JSON.stringify({ host: String(host).slice(0, 255), port, via })}\n`);
  } catch {
    // A full or closed pipe must not turn a refusal into something else.
  }
}

/** Keeps what Node hangs on the function itself, such as how `util.promisify` names its results. */
function replace(owner, name, make) {
  const original = owner[name];
  if (typeof original !== "function") return;
  const replacement = make(original);
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  owner[name] = replacement;
}

function callbackOf(args) {
  const last = args.at(-1);
  return typeof last === "function" ? last : null;
}

function guardDns(refuse) {
  for (const api of [dns, dns.Resolver.prototype]) {
    for (const name of Object.getOwnPropertyNames(api)) {
      if (!/^(lookup|resolve|reverse)/.test(name)) continue;
      replace(
        api,
        name,
        (original) =>
          function (...args) {
            if (allowedLookup(name, args[0])) return original.apply(this, args);
            const callback = callbackOf(args);
            if (callback !== null && answersNames(name, args)) {
              const found = args[1]?.all === true ? [[nowhere]] : [nowhere.address, nowhere.family];
              process.nextTick(callback, null, ...found);
              return {};
            }
            const error = refuse(args[0], 53, "dns");
            if (callback === null) throw error;
            process.nextTick(callback, error);
            return {};
          },
      );
    }
  }
  for (const api of [dns.promises, dns.promises.Resolver.prototype]) {
    for (const name of Object.getOwnPropertyNames(api)) {
      if (!/^(lookup|resolve|reverse)/.test(name)) continue;
      replace(
        api,
        name,
        (original) =>
          function (...args) {
            if (allowedLookup(name, args[0])) return original.apply(this, args);
            if (answersNames(name, args)) return Promise.resolve(args[1]?.all === true ? [nowhere] : nowhere);
            return Promise.reject(refuse(args[0], 53, "dns"));
          },
      );
    }
  }
}

const nowhere = { address: process.env.SMARTCLAW_GUARD_NAMES ?? "", family: 4 };

function answersNames(name, [host, options]) {
  const family = typeof options === "number" ? options : (options?.family ?? 0);
  return name === "lookup" && net.isIPv4(nowhere.address) && host && family !== 6 && family !== "IPv6";
}

/** `lookup` answers loopback names and literal addresses without asking anyone; every `resolve` asks a server. */
function allowedLookup(name, host) {
  if (name === "lookup") return !host || isLoopback(host) || net.isIP(String(host)) !== 0;
  return name === "lookupService" && isLoopback(host);
}

/** The options of any accepted form of `socket.connect(...)`, and a way to replace them. */
function connectOptions(args) {
  const [first] = args;
  if (Array.isArray(first)) return { options: first[0], set: (value) => (first[0] = value) };
  if (first !== null && typeof first === "object")
    return { options: first, set: (value) => (args[0] = value) };
  if (typeof first === "string" && !/^\d+$/.test(first))
    return { options: { path: first }, set: () => undefined };
  const host = typeof args[1] === "string" ? args[1] : undefined;
  return { options: { port: Number(first), host }, set: () => undefined };
}

function guardTcp(refuse) {
  replace(
    net.Socket.prototype,
    "connect",
    (original) =>
      function (...args) {
        const { options, set } = connectOptions(args);
        if (options.path) return original.apply(this, args);
        const host = options.host ?? "localhost";
        if (!isLoopback(host)) {
          const error = refuse(host, Number(options.port) || 0, "tcp");
          this.connecting = true;
          process.nextTick(() => this.destroy(error));
          return this;
        }
        if (typeof options.lookup === "function") {
          set({ ...options, lookup: checked(options.lookup, Number(options.port) || 0, refuse) });
        }
        return original.apply(this, args);
      },
  );
}

/** A caller's own look-up could name any address for "localhost". */
function checked(lookup, port, refuse) {
  return (host, options, callback) =>
    lookup(host, options, (error, found, family) => {
      if (error) return callback(error);
      const addresses = Array.isArray(found) ? found.map((entry) => entry.address) : [found];
      const outside = addresses.find((address) => !isLoopback(address));
      if (outside === undefined) return callback(null, found, family);
      return callback(refuse(outside, port, "tcp"));
    });
}

function guardUdp(refuse) {
  for (const name of ["send", "connect"]) {
    replace(
      dgram.Socket.prototype,
      name,
      (original) =>
        function (...args) {
          const callback = callbackOf(args);
          const values = callback === null ? args : args.slice(0, -1);
          const address = values.length > 1 && typeof values.at(-1) === "string" ? values.at(-1) : null;
          if (address === null || isLoopback(address)) return original.apply(this, args);
          const error = refuse(address, Number(values.at(-2)) || 0, "udp");
          process.nextTick(() => (callback === null ? this.emit("error", error) : callback(error)));
          return undefined;
        },
    );
  }
}

/** The TCP address of any accepted form of `server.listen(...)`; null for pipes, descriptors and handles. */
function listenAddress(args) {
  const [first, second] = args;
  if (first !== null && typeof first === "object") {
    if (first.port === undefined || first.path || first.fd !== undefined) return null;
    return { host: first.host, port: first.port, use: (host) => (args[0] = { ...first, host }) };
  }
  if (typeof first === "string" && !/^\d+$/.test(first)) return null;
  const port = typeof first === "function" ? undefined : first;
  const host = typeof second === "string" ? second : undefined;
  return { host, port, use: (other) => (args[1] = other) };
}

function guardListen() {
  replace(
    net.Server.prototype,
    "listen",
    (original) =>
      function (...args) {
        const address = listenAddress(args);
        if (address === null || address.host === "127.0.0.1") return original.apply(this, args);
        if (address.host === "localhost") {
          address.use("127.0.0.1");
          return original.apply(this, args);
        }
        const host = address.host ?? "0.0.0.0";
        const error = Object.assign(
          new Error(`listen EADDRNOTAVAIL: address not available ${host}:${address.port ?? 0}`),
          { errno: -99, code: "EADDRNOTAVAIL", syscall: "listen", address: host, port: address.port ?? 0 },
        );
        process.nextTick(() => this.emit("error", error));
        return this;
      },
  );
}

/** Child processes that are Node programs load this file too. */
function guardChildren() {
  const option = `--import=${import.meta.url}`;
  const present = process.env.NODE_OPTIONS ?? "";
  if (!present.includes(option)) process.env.NODE_OPTIONS = `${present} ${option}`.trim();
}

const installed = Symbol.for("smartclaw.guard");
if (!globalThis[installed]) {
  Object.defineProperty(globalThis, installed, { value: true });
  const channel = takeChannel();
  const refuse = (host, port, via) => {
    report(channel, host, port, via);
    return refusal(String(host), port);
  };
  guardDns(refuse);
  guardTcp(refuse);
  guardUdp(refuse);
  guardListen();
  guardChildren();
  syncBuiltinESMExports();
}
