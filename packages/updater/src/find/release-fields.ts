import { releaseVersion } from "@smartclaw/contracts";
import { valid, validRange } from "semver";
import { z } from "zod";

/** `releaseVersion` lets a little through that has no place in semver's order, like 1.01.0. */
export const version = releaseVersion.refine((text) => valid(text) === text);

/** `engines.node`: the versions of Node that a release runs on. */
export const nodeRange = z
  .string()
  .min(1)
  .max(200)
  .refine((range) => validRange(range) !== null);
