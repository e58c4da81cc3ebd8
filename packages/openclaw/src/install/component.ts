import { z } from "zod";

/** What lies on the disk in releases side by side. */
export const component = z.object({
  /** Its package at the npm registry. */
  name: z.string(),
  /** What people call it. */
  title: z.enum(["OpenClaw", "Node"]),
});
export type Component = z.infer<typeof component>;

export const openclawComponent: Component = { name: "openclaw", title: "OpenClaw" };
