/** Why no copy can be kept that has everything; for people, in the midst of a sentence. */
export class NotWhole extends Error {
  override readonly name = "NotWhole";
}

/** What stands in the way of a copy, or of the fault itself where it is none that a copy meets. */
export function asNotWhole(error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EACCES":
    case "EPERM":
      return new NotWhole("something in it cannot be read");
    case "ELOOP":
    case "ENOTDIR":
      return new NotWhole("a link was put in its way");
    case "ENOENT":
      return new NotWhole("something in it comes and goes");
    default:
      return error;
  }
}
