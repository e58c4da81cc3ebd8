import { useMutation } from "@tanstack/react-query";
import { Copy, Printer, ShieldCheck, Trash2 } from "lucide-react";
import { useState } from "react";
import { keystoreSentence, type SlotKind, slotNames, type VaultStatus } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { dateTime } from "../../lib/format.ts";
import { Badge, Button, Card, Field, IconButton } from "../../ui/controls.tsx";
import { ConfirmDialog, Modal } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

/** As it begins a line. */
function titleOf(kind: SlotKind): string {
  return slotNames[kind].replace(/^./, (first) => first.toUpperCase());
}

/** Which backend holds the master key, and the other ways to open the vault. */
export function VaultCard({ vault }: { vault: VaultStatus }) {
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const [phrase, setPhrase] = useState<string | null>(null);
  const passphrase = useMutation({
    mutationFn: (text: string) => daemon.vault.addPassphrase({ passphrase: text }),
    onSuccess: () => setAsking(false),
    gcTime: 0,
  });
  const recovery = useMutation({
    mutationFn: () => daemon.vault.addRecoveryPhrase(),
    onSuccess: (made) => setPhrase(made.phrase),
    gcTime: 0,
  });
  const remove = useMutation({ mutationFn: (id: string) => daemon.vault.removeSlot({ id }) });
  const fault = recovery.error ?? remove.error;
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <ShieldCheck aria-hidden className="size-5 text-accent" /> Vault
        </span>
      }
    >
      <p className="text-sm">
        Opened by <strong>{vault.openedBy === null ? "nobody" : slotNames[vault.openedBy]}</strong>.{" "}
        <span className="text-muted">{keystoreSentence(vault.keystore)}</span>
      </p>
      <ul className="my-4 grid gap-2">
        {vault.slots.map((slot) => (
          <li
            key={slot.id}
            className="flex items-center justify-between gap-3 rounded-xl bg-sunken px-4 py-2 text-sm"
          >
            <span>
              {titleOf(slot.kind)} {slot.kind === vault.openedBy && <Badge tone="good">in use</Badge>}
              <span className="block text-xs text-muted">
                since {dateTime(slot.createdAt)}, last used {dateTime(slot.lastUsedAt)}
              </span>
            </span>
            {vault.slots.length > 1 && (
              <IconButton label={`Remove: ${titleOf(slot.kind)}`} onClick={() => setRemoving(slot.id)}>
                <Trash2 aria-hidden className="size-4" />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {fault !== null && <FaultNotice fault={faultOf(fault)} />}
      <div className="flex flex-wrap gap-3">
        <Button onClick={() => setAsking(true)}>
          {vault.slots.some(({ kind }) => kind === "passphrase") ? "Change passphrase" : "Add a passphrase"}
        </Button>
        <Button busy={recovery.isPending} onClick={() => recovery.mutate()}>
          {vault.slots.some(({ kind }) => kind === "recovery-phrase")
            ? "New recovery phrase"
            : "Make a recovery phrase"}
        </Button>
      </div>
      <Modal open={asking} onClose={() => setAsking(false)} title="A passphrase for the vault">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            passphrase.mutate(formText(event.currentTarget, "passphrase"));
          }}
        >
          <Field
            label="Passphrase"
            name="passphrase"
            type="password"
            minLength={12}
            required
            autoComplete="new-password"
            hint="It opens the vault when the keystore cannot."
          />
          {passphrase.error !== null && <FaultNotice fault={faultOf(passphrase.error)} />}
          <Button type="submit" tone="primary" busy={passphrase.isPending}>
            Save
          </Button>
        </form>
      </Modal>
      <Modal open={phrase !== null} onClose={() => setPhrase(null)} title="Your recovery phrase">
        <p className="mb-3 text-sm text-muted">
          Write these 24 words down. They are shown only now, and open the vault if the keystore is lost.
        </p>
        <ol className="mb-4 grid grid-cols-2 gap-x-4 gap-y-1 rounded-xl bg-sunken p-4 font-mono text-sm sm:grid-cols-3">
          {phrase?.split(" ").map((word, index) => (
            <li key={index}>
              <span className="text-muted">{index + 1}.</span> {word}
            </li>
          ))}
        </ol>
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={() => void navigator.clipboard.writeText(phrase ?? "")}>
            <Copy aria-hidden className="size-4" /> Copy
          </Button>
          <Button onClick={() => window.print()}>
            <Printer aria-hidden className="size-4" /> Print
          </Button>
          <Button tone="primary" onClick={() => setPhrase(null)}>
            I have written it down
          </Button>
        </div>
      </Modal>
      <ConfirmDialog
        open={removing !== null}
        title="Remove this way to open the vault?"
        text="Your keys stay; they can then be opened only by the other ways listed here."
        action="Remove"
        onConfirm={() => removing !== null && remove.mutate(removing)}
        onClose={() => setRemoving(null)}
      />
    </Card>
  );
}
