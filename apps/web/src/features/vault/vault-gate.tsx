import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { VaultSetup, VaultStatus, VaultUnlock } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Button, Card, Field } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

/** What the user must do before keys can be used; nothing when the vault is open. */
export function VaultGate({ vault }: { vault: VaultStatus }) {
  if (vault.state === "ready") return null;
  if (vault.state === "uninitialised") return <ChoosePlace vault={vault} />;
  return <Unlock vault={vault} />;
}

const places: readonly {
  readonly kind: "passphrase" | "key-file" | "systemd-credential";
  readonly title: string;
  readonly text: string;
}[] = [
  {
    kind: "passphrase",
    title: "A passphrase",
    text: "You type it after each start. Safest on a shared machine; nobody can recover it for you.",
  },
  {
    kind: "key-file",
    title: "A key file",
    text: "SmartClaw starts by itself. Whoever can read the file (you, and root) can open the vault.",
  },
  {
    kind: "systemd-credential",
    title: "A systemd credential",
    text: "For servers: systemd hands the key over at start, sealed to this machine.",
  },
];

function ChoosePlace({ vault }: { vault: VaultStatus }) {
  const [kind, setKind] = useState<(typeof places)[number]["kind"]>("passphrase");
  const setup = useMutation({ mutationFn: (choice: VaultSetup) => daemon.vault.setup(choice), gcTime: 0 });
  const retry = useMutation({ mutationFn: () => daemon.vault.unlock({ kind: "retry" }) });
  return (
    <Card title="Where shall the master key live?" tone="warn">
      <p className="mb-4 text-sm text-muted">{vault.message}</p>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const value = formText(event.currentTarget, "value");
          setup.mutate(
            kind === "passphrase"
              ? { kind, passphrase: value }
              : kind === "key-file"
                ? { kind, path: value }
                : { kind, name: value },
          );
        }}
      >
        <fieldset className="grid gap-2">
          <legend className="sr-only">Where the master key lives</legend>
          {places.map((place) => (
            <label
              key={place.kind}
              className={`flex cursor-pointer gap-3 rounded-xl border p-3 ${kind === place.kind ? "border-accent bg-accent-soft" : "border-line"}`}
            >
              <input
                type="radio"
                name="kind"
                value={place.kind}
                checked={kind === place.kind}
                onChange={() => setKind(place.kind)}
                className="mt-1 accent-(--accent)"
              />
              <span>
                <span className="block font-medium">{place.title}</span>
                <span className="block text-sm text-muted">{place.text}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === "passphrase" && (
          <Field
            key={kind}
            label="Passphrase"
            name="value"
            type="password"
            minLength={12}
            required
            autoComplete="new-password"
            hint="At least 12 characters; five or six random words are good."
          />
        )}
        {kind === "key-file" && (
          <Field
            key={kind}
            label="Path of the file"
            name="value"
            required
            placeholder="/home/you/.smartclaw.key"
            hint="Made with mode 0400 when it does not exist."
          />
        )}
        {kind === "systemd-credential" && (
          <Field key={kind} label="Name of the credential" name="value" required pattern="[\w.\-]+" />
        )}
        {setup.error !== null && <FaultNotice fault={faultOf(setup.error)} />}
        <div className="flex flex-wrap gap-3">
          <Button type="submit" tone="primary" busy={setup.isPending}>
            <KeyRound aria-hidden className="size-4" /> Make the vault
          </Button>
          <Button busy={retry.isPending} onClick={() => retry.mutate()}>
            Look for the keystore again
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Unlock({ vault }: { vault: VaultStatus }) {
  const unlock = useMutation({ mutationFn: (how: VaultUnlock) => daemon.vault.unlock(how), gcTime: 0 });
  const has = (kind: string): boolean => vault.slots.some((slot) => slot.kind === kind);
  const kind = has("passphrase") ? "passphrase" : has("recovery-phrase") ? "recovery-phrase" : null;
  const titles = {
    locked: "The vault is locked",
    "key-missing": "The master key is missing",
    damaged: "The vault cannot be read",
    ready: "",
    uninitialised: "",
  };
  return (
    <Card title={titles[vault.state]} tone={vault.state === "locked" ? "warn" : "danger"}>
      <p className="text-sm">{vault.message}</p>
      <p className="mb-4 text-sm text-muted">{vault.next}</p>
      {vault.state !== "damaged" && (
        <div className="grid gap-4">
          {kind !== null && (
            <form
              className="grid gap-3"
              onSubmit={(event) => {
                event.preventDefault();
                const value = formText(event.currentTarget, "value");
                unlock.mutate(kind === "passphrase" ? { kind, passphrase: value } : { kind, phrase: value });
              }}
            >
              <Field
                label={kind === "passphrase" ? "Passphrase" : "Recovery phrase (24 words)"}
                name="value"
                type="password"
                required
                autoComplete="off"
              />
              <Button type="submit" tone="primary" busy={unlock.isPending} className="justify-self-start">
                Open the vault
              </Button>
            </form>
          )}
          {kind === "passphrase" && has("recovery-phrase") && (
            <details>
              <summary className="cursor-pointer text-sm text-accent">
                Use the recovery phrase instead
              </summary>
              <form
                className="mt-3 grid gap-3"
                onSubmit={(event) => {
                  event.preventDefault();
                  unlock.mutate({
                    kind: "recovery-phrase",
                    phrase: formText(event.currentTarget, "phrase"),
                  });
                }}
              >
                <Field
                  label="Recovery phrase (24 words)"
                  name="phrase"
                  type="password"
                  required
                  autoComplete="off"
                />
                <Button type="submit" className="justify-self-start">
                  Open with the phrase
                </Button>
              </form>
            </details>
          )}
          <Button className="justify-self-start" onClick={() => unlock.mutate({ kind: "retry" })}>
            Try again
          </Button>
        </div>
      )}
      {unlock.error !== null && <FaultNotice fault={faultOf(unlock.error)} />}
    </Card>
  );
}
