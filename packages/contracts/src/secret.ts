const inspect = Symbol.for("nodejs.util.inspect.custom");

/**
 * Bytes that must not be printed. Every implicit way to text (string, JSON, console, template)
 * gives `[secret]`; the bytes leave only through `reveal` and `revealText`, which are easy to find.
 */
export class Secret {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Copies `bytes`; the caller keeps, and should clear, its own. */
  static fromBytes(bytes: Uint8Array): Secret {
    return new Secret(Uint8Array.from(bytes));
  }

  /** UTF-8. */
  static fromText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** A copy of the bytes. */
  reveal(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** The bytes as UTF-8 text. JavaScript strings cannot be cleared: use as late and as briefly as possible. */
  revealText(): string {
    return new TextDecoder().decode(this.#bytes);
  }

  /** Overwrites the bytes; best effort, since the runtime may have copied them. */
  dispose(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect](): string {
    return "[secret]";
  }
}
