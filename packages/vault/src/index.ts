export { createKeystore, type Keystore, type KeystoreReading } from "./keystore.ts";
export { createVault, type Vault, type VaultDeps } from "./vault.ts";
