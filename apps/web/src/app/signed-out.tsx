/** Shown when this browser has no session. */
export function SignedOut({ refused }: { refused: boolean }) {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid max-w-md justify-items-center gap-4 text-center">
        <img src="/logo.svg" alt="" className="size-14" />
        <h1 className="text-2xl font-semibold">
          {refused ? "This login link does not work any more" : "Sign in from this computer"}
        </h1>
        <p className="text-muted">
          {refused
            ? "A link works once and for ten minutes. "
            : "Only who can use this computer's terminal can open SmartClaw. "}
          Get a new link with this command:
        </p>
        <code className="rounded-xl bg-sunken px-4 py-2 font-mono">npx smartclaw open</code>
      </div>
    </main>
  );
}
