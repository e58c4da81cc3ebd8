export { createForwardProxy, type ForwardProxy } from "./forward-proxy/forward-proxy.ts";
export { createGuardedExit, type GuardedExitDeps } from "./guarded-exit/guarded-exit.ts";
export { createLedger, type Ledger } from "./ledger/ledger.ts";
export type { Candidate } from "./model-proxy/check.ts";
export { createModelProxy, type ModelProxy } from "./model-proxy/model-proxy.ts";
export { doorPath, type ModelRoute } from "./model-proxy/routes.ts";
export { addressKind, isLoopbackHost } from "./addresses.ts";
