import type { IncomingMessage } from "node:http";

export const maxBodyBytes = 1024 * 1024;

/**
 * The whole body of a request, or null when it is larger than `most` bytes: what arrives is counted, whatever the
 * headers promise. What is too much is read and thrown away, or the client would lose the answer with its connection.
 */
export function readBody(request: IncomingMessage, most: number): Promise<Buffer | null> {
  if (Number(request.headers["content-length"]) > most) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else {
        chunks.length = 0;
        resolve(null);
      }
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
  });
}

/** The JSON in a body; an empty body is an empty object. Null when it is not JSON. */
export function jsonIn(body: Buffer): { readonly json: unknown } | null {
  if (body.length === 0) return { json: {} };
  try {
    return { json: JSON.parse(body.toString("utf8")) };
  } catch {
    return null;
  }
}
