export { createMemoryKeystore, type MemoryKeystore } from "./memory-keystore.ts";
export { type SmallDisk, testOnSmallDisk } from "./small-disk.ts";
