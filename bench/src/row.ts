/** One measure beside its limit or a peer of the same run. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit, or what the peer took. */
  readonly beside: number;
  /** `value / beside`. */
  readonly ratio: number;
  readonly goal: string;
  readonly met: boolean;
}

export function row(
  name: string,
  value: number,
  unit: string,
  beside: number,
  goal: string,
  met: boolean,
): Row {
  const round = (number: number): number => Math.round(number * 1000) / 1000;
  return { name, value: round(value), unit, beside: round(beside), ratio: round(value / beside), goal, met };
}

/** The value below which `share` of all lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
