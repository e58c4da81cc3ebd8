import type { ProofResult } from "@smartclaw/contracts";

/** One promise of the security guide, shown on this machine with the real parts. */
export interface Proof {
  readonly id: string;
  readonly title: string;
  /** What this proof cannot show, in one sentence. */
  readonly limit: string;
  /**
   * Does everything in a place of its own and says what it saw. `control` is true when the same means that found
   * nothing wrong did notice a wrong that was put there on purpose.
   * @throws CannotRun when this machine lacks what it takes
   */
  run(): Promise<Pick<ProofResult, "holds" | "control" | "evidence">>;
}

/** The proof cannot be run here; the message says what is missing. */
export class CannotRun extends Error {}

/** A proof that throws has not shown its promise. */
export async function carryOut(proof: Proof): Promise<ProofResult> {
  const { id, title, limit } = proof;
  try {
    return { id, title, limit, ...(await proof.run()) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof CannotRun)
      return { id, title, limit, holds: null, control: null, evidence: [`not run here: ${reason}`] };
    return {
      id,
      title,
      limit,
      holds: false,
      control: false,
      evidence: [`the proof itself failed: ${reason}`],
    };
  }
}
