export { associatedData } from "./associated-data.ts";
export { envelopeOverhead, open, seal } from "./envelope.ts";
export { deriveKey } from "./key-tree.ts";
export { entropyOf, phraseOf } from "./recovery-phrase.ts";
