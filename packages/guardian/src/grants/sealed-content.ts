import { z } from "zod";
import type { Content } from "./grant-file.ts";
import { type HeldGrant, heldGrantForm } from "./grant-record.ts";
import { isSameSeal, type Seal } from "./seal.ts";

/** So far below what numbers can hold that one more is always one more, even if somebody else wrote it. */
const counter = z
  .number()
  .int()
  .min(0)
  .max(2 ** 50);

const stateForm = z.strictObject({
  /** Each panic begins a new one. */
  epoch: counter,
  /** Whether anything is allowed at all. */
  armed: z.boolean(),
  /** Grows with everything that is written. */
  revision: counter,
});
export type GrantState = z.infer<typeof stateForm>;

/** What a content says, and how far it is to be believed. */
export interface Reading {
  /** Those that SmartClaw wrote at some time. */
  readonly grants: ReadonlyMap<string, HeldGrant>;
  /** How many it did not write. */
  readonly foreign: number;
  /** To be believed only when all is whole. */
  readonly state: GrantState | null;
  /** All of it is what SmartClaw wrote, together and at one time. */
  readonly isWhole: boolean;
}

export function readContent({ state, grants }: Content, seal: Seal): Reading {
  const read = new Map<string, HeldGrant>();
  for (const row of grants) {
    const grant = isSameSeal(row.seal, seal.ofGrant(row.value)) ? parsed(heldGrantForm, row.value) : null;
    if (grant !== null && grant.id === row.id) read.set(grant.id, grant);
  }
  const foreign = grants.length - read.size;
  const ofSet = seal.ofSet(
    state?.value ?? "",
    grants.map((row) => row.seal),
  );
  const said = state === null ? null : parsed(stateForm, state.value);
  const isWhole = state !== null && said !== null && foreign === 0 && isSameSeal(state.seal, ofSet);
  return { grants: read, foreign, state: said, isWhole };
}

export function sealGrant(grant: HeldGrant, seal: Seal): Content["grants"][number] {
  const value = JSON.stringify(grant);
  return { id: grant.id, value, seal: seal.ofGrant(value) };
}

export function sealState(
  state: GrantState,
  grants: readonly Uint8Array[],
  seal: Seal,
): NonNullable<Content["state"]> {
  const value = JSON.stringify(state);
  return { value, seal: seal.ofSet(value, grants) };
}

export function sealContent(state: GrantState, grants: readonly HeldGrant[], seal: Seal): Content {
  const sealed = grants.map((grant) => sealGrant(grant, seal));
  return {
    state: sealState(
      state,
      sealed.map((one) => one.seal),
      seal,
    ),
    grants: sealed,
  };
}

function parsed<T>(form: z.ZodType<T>, text: string): T | null {
  try {
    return form.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
