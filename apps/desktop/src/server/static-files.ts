import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webmanifest": "application/manifest+json",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
};

export interface StaticAnswer {
  readonly status: number;
  readonly type: string;
  /** Names of built assets hold a hash of their content, so these never change. */
  readonly immutable: boolean;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Serves the built page from `root`. A path without a file ending is a route of the page and gets `index.html`. */
export function createStaticFiles(root: string): (path: string) => Promise<StaticAnswer> {
  return async (path) => {
    const wanted = decode(path);
    const name = wanted === null || extname(wanted) === "" ? "/index.html" : wanted;
    const file = normalize(join(root, name));
    const type = types[extname(file)];
    if (!file.startsWith(root + sep) || type === undefined || file.includes("\0")) return notFound();
    try {
      return {
        status: 200,
        type,
        immutable: name.startsWith("/assets/"),
        body: new Uint8Array(await readFile(file)),
      };
    } catch {
      return notFound();
    }
  };
}

/** The headers of an answer, besides those that every answer has. */
export function headersOf({ type, immutable }: StaticAnswer): Readonly<Record<string, string>> {
  const keep = immutable ? "public, max-age=31536000, immutable" : "no-store";
  return { "content-type": type, "cache-control": keep };
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function notFound(): StaticAnswer {
  const body = new TextEncoder().encode("There is no such file.\n");
  return { status: 404, type: "text/plain; charset=utf-8", immutable: false, body };
}
