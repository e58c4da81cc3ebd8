import { z } from "zod";
import { type ErrorReport, errorCodes } from "./errors.ts";

/** Apart from the faults themselves, so that what must start at once need not load zod. */
export const errorReport = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  next: z.string(),
}) satisfies z.ZodType<ErrorReport>;
