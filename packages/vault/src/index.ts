export { createKeystore, type Keystore, type KeystoreReading } from "./keystore.ts";
export { replaceFile } from "./replace-file.ts";
export { createVault, type Vault, type VaultDeps } from "./vault.ts";
export type { FoundKey } from "./importer/found-key.ts";
export { createImporter, type Importer } from "./importer/importer.ts";
