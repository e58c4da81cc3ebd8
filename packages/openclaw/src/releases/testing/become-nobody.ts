const nobody = 65_534;

/** Root may write everywhere, so that a test about rights could not fail. Whoever is not root stays who they are. */
export function becomeNobody(): void {
  if (process.geteuid?.() !== 0) return;
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
}
