export { createRegistry, type Registry } from "./find/registry.ts";
export { createPause, type Pause } from "./pause.ts";
export { openUpdateStore, type UpdateStore } from "./store/update-store.ts";
export type { Live, Transaction } from "./transaction/transaction.ts";
export type { UpdateTarget } from "./transaction/update-target.ts";
export { createUpdater, type Updater, type UpdaterDeps } from "./updater.ts";
