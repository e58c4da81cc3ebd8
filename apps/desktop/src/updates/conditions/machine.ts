/** How the machine is asked; each part rejects when it cannot tell. */
export interface Machine {
  /** What a program prints. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
  readonly readText: (file: string) => Promise<string>;
  /** Names of what is in a folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}
