import type { Paths } from "../daemon/paths.ts";
import type { Client } from "./client.ts";
import type { Output } from "./output.ts";

/** What every command works with. */
export interface Context {
  readonly paths: Paths;
  readonly output: Output;
  readonly client: () => Promise<Client>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The daemon's program as the user installed it. */
  readonly installed: string;
  /** argv of the daemon. */
  readonly daemon: readonly [string, ...string[]];
  /** The checkout, or the folder of the installed package. */
  readonly root: string;
  readonly version: string;
}

/** A command; its result is the exit code. */
export type Command<Options = object> = (context: Context, options: Options) => Promise<number>;
