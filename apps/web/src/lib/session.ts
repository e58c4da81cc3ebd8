const proofKey = "smartclaw.proof";

/**
 * The half of the session that the page holds. The other half is a cookie that no script can read; neither is worth
 * anything alone.
 */
export function sessionProof(): string {
  return localStorage.getItem(proofKey) ?? "";
}

/** Uses the one-time token of the address, if there is one, and takes it out of the address at once. */
export async function signInFromAddress(): Promise<"signed-in" | "refused" | "no-link"> {
  const match = /^#login=([\w-]+)$/.exec(location.hash);
  if (match === null) return "no-link";
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/session/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: match[1] }),
  });
  if (!answer.ok) return "refused";
  const { proof } = (await answer.json()) as { proof: string };
  localStorage.setItem(proofKey, proof);
  return "signed-in";
}

export async function signOut(): Promise<void> {
  await fetch("/session/logout", { method: "POST", headers: { "x-smartclaw-proof": sessionProof() } });
  localStorage.removeItem(proofKey);
  location.assign("/");
}
