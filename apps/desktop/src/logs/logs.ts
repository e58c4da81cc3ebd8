import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { Log, LogLine, Secret } from "@smartclaw/contracts";
import { createHub, type Hub } from "../daemon/hub.ts";
import { openRotatingFile } from "./rotating-file.ts";

const rotateAtBytes = 4 * 1024 * 1024;
const rotatedFiles = 3;
/** How much of a file's end is read to answer "the last lines". */
const tailBytes = 512 * 1024;

/** The two log files of an installation: SmartClaw's own, and what OpenClaw prints. */
export interface Logs {
  readonly log: Log;
  /** A line that OpenClaw printed. */
  openclaw(stream: "stdout" | "stderr", line: string): void;
  /** From now on this secret is cut out of every line of OpenClaw. */
  hide(secret: Secret): void;
  /** The last lines, oldest first. */
  tail(source: "smartclaw" | "openclaw" | "both", limit: number): LogLine[];
  readonly lines: Hub<LogLine>;
  close(): void;
}

/** @param folder of mode 0700; files are `smartclaw.log` and `openclaw.log`, JSON lines of mode 0600. */
export function createLogs(folder: string): Logs {
  const lines = createHub<LogLine>();
  const files = {
    smartclaw: openRotatingFile(join(folder, "smartclaw.log"), rotateAtBytes, rotatedFiles),
    openclaw: openRotatingFile(join(folder, "openclaw.log"), rotateAtBytes, rotatedFiles),
  };
  const hidden: Secret[] = [];
  const emit = (source: "smartclaw" | "openclaw", text: string): void => {
    files[source].write(text);
    const line = parseLine(source, text);
    if (line !== null) lines.publish(line);
  };
  const own = pino(
    { base: null, formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => emit("smartclaw", text) },
  );
  const log: Log = {
    info: (fields, message) => own.info(fields, message),
    warn: (fields, message) => own.warn(fields, message),
    error: (fields, message) => own.error(fields, message),
  };
  return {
    log,
    lines,
    hide: (secret) => void hidden.push(secret),
    openclaw(stream, line) {
      let text = line;
      for (const secret of hidden) text = text.replaceAll(secret.revealText(), "[secret]");
      const entry = { level: stream === "stderr" ? "warn" : "info", time: Date.now(), msg: text };
      emit("openclaw", `${JSON.stringify(entry)}\n`);
    },
    tail(source, limit) {
      const sources = source === "both" ? (["smartclaw", "openclaw"] as const) : [source];
      return sources
        .flatMap((name) => lastLines(join(folder, `${name}.log`), limit).map((text) => parseLine(name, text)))
        .filter((line) => line !== null)
        .toSorted((a, b) => a.at - b.at)
        .slice(-limit);
    },
    close() {
      files.smartclaw.close();
      files.openclaw.close();
    },
  };
}

function lastLines(path: string, limit: number): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, tailBytes);
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, size - length);
    const whole = buffer.toString("utf8").split("\n");
    if (length < size) whole.shift();
    return whole.filter((line) => line !== "").slice(-limit);
  } finally {
    closeSync(descriptor);
  }
}

function parseLine(source: LogLine["source"], text: string): LogLine | null {
  try {
    const { time, level, msg, ...fields } = JSON.parse(text) as Record<string, unknown>;
    if (typeof time !== "number" || typeof msg !== "string") return null;
    const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
    return {
      at: time,
      source,
      level: level === "error" || level === "warn" ? level : "info",
      text: msg + rest,
    };
  } catch {
    return null;
  }
}
