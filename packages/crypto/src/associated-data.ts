/**
 * Encodes what an envelope is bound to. Every field is preceded by its length (4 bytes, big-endian), so no two
 * different lists of fields give the same bytes.
 */
export function associatedData(purpose: string, ...fields: readonly (string | number)[]): Uint8Array {
  const parts = ["smartclaw/v1", purpose, ...fields].map((field) => new TextEncoder().encode(String(field)));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const part of parts) {
    view.setUint32(offset, part.length);
    bytes.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return bytes;
}
