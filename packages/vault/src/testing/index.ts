export { createMemoryKeystore, type MemoryKeystore } from "./memory-keystore.ts";
export { moveApart, type SmallDisk, testOnSmallDisk } from "./small-disk.ts";
