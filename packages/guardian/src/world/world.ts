/** What is at a path itself; a symbolic link is not followed. */
export type Entry =
  | { readonly kind: "file"; /** Names that the file has. */ readonly links: number }
  | { readonly kind: "folder" }
  | { readonly kind: "link"; readonly target: string }
  /** A socket, a device, a pipe. */
  | { readonly kind: "special" };

/** The computer, as far as a decision depends on it. */
export interface World {
  readonly home: string;
  readonly user: string;
  /** Null when nothing is there, or when that cannot be known. */
  entry(path: string): Entry | null;
  /** The names in a folder; null when they cannot be known. */
  names(folder: string): readonly string[] | null;
  /** Folders of programs that only the system's administrator can change, without links, the first found first. */
  readonly programFolders: readonly string[];
  /** Whether a file in such a folder can be run. */
  isProgram(path: string): boolean;
  /**
   * Files, and folders with all that is in them, that are neither read nor written, whatever was granted: absolute,
   * without links, with what they hold, for people ("keys and passwords").
   */
  readonly protectedPlaces: ReadonlyMap<string, string>;
  /** Ports of this computer behind which SmartClaw and OpenClaw are told what to do. */
  readonly controlPorts: ReadonlySet<number>;
}
