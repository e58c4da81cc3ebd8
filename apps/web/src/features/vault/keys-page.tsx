import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { daemon } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Card, Page } from "../../ui/controls.tsx";
import { Modal } from "../../ui/confirm-dialog.tsx";
import { AddKeyForm } from "./add-key-form.tsx";
import { ConnectionCard } from "./connection-card.tsx";
import { ImportCard } from "./import-card.tsx";
import { VaultCard } from "./vault-card.tsx";
import { VaultGate } from "./vault-gate.tsx";

export function KeysPage() {
  const { status } = useStatus();
  const connections = useQuery({ queryKey: ["connections"], queryFn: () => daemon.keys.list() });
  const [adding, setAdding] = useState(false);
  const ready = status?.vault.state === "ready";
  return (
    <Page
      title="Keys"
      intro="Your connections to models. Keys lie sealed in the vault; only the model proxy opens them, for the length of a request."
      actions={
        <Button tone="primary" disabled={!ready} onClick={() => setAdding(true)}>
          <Plus aria-hidden className="size-4" /> Add a connection
        </Button>
      }
    >
      {status !== null && <VaultGate vault={status.vault} />}
      {connections.data?.length === 0 && (
        <Card>
          <p className="text-muted">There are no connections yet.</p>
        </Card>
      )}
      {connections.data?.map((one) => (
        <ConnectionCard key={one.id} connection={one} />
      ))}
      {status !== null && ready && <VaultCard vault={status.vault} />}
      {ready && <ImportCard />}
      <Modal open={adding} onClose={() => setAdding(false)} title="Add a connection">
        <AddKeyForm onAdded={() => setAdding(false)} />
      </Modal>
    </Page>
  );
}
