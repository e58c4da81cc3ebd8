/** What is not in the bundle but beside it: native code, and packages that read files beside themselves. */
export const externalPackages = ["@napi-rs/keyring", "@npmcli/arborist", "cacache", "pacote", "open"];
