/** One measured value beside its limit, as written to results.json. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly beside: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean;
}

/** The value at or under which the given share (0 to 1) of the samples lies: nearest rank. */
export function quantile(samples: readonly number[], share: number): number {
  const value = samples.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * samples.length) - 1)];
  if (value === undefined) throw new RangeError("No sample was taken.");
  return value;
}
