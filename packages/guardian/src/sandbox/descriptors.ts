/**
 * File descriptors that the launching script opens: orders down, reports up, what tells of the end, the filter, and the
 * gate, at which the sandbox waits, all its mounts made, before it runs anything.
 */
export const descriptors = { orders: 9, reports: 8, alive: 7, filter: 6, gate: 5 } as const;
