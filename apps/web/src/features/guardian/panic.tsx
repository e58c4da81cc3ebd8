import { useMutation } from "@tanstack/react-query";
import { OctagonX, ShieldOff } from "lucide-react";
import { useState } from "react";
import { daemon, faultOf } from "../../lib/client.ts";
import { Button, Card } from "../../ui/controls.tsx";
import { Modal } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

/** Ends everything that runs, at once. The dialog begins on the button that does it: who comes here is in a hurry. */
export function PanicButton() {
  const [asking, setAsking] = useState(false);
  const panic = useMutation({
    mutationFn: () => daemon.guardian.panic(),
    onSuccess: () => setAsking(false),
  });
  return (
    <>
      <Button tone="alarm" className="font-semibold" onClick={() => setAsking(true)}>
        <OctagonX aria-hidden className="size-4.5" /> Stop everything
      </Button>
      <Modal open={asking} onClose={() => setAsking(false)} title="Stop everything?">
        <p className="mb-5 text-muted">
          What the assistant runs ends now, waiting requests are denied, and what you allowed is void. Nothing
          can run again until you re-arm Guardian. What it has changed already stays changed.
        </p>
        {panic.error !== null && (
          <div className="mb-5">
            <FaultNotice fault={faultOf(panic.error)} />
          </div>
        )}
        <div className="flex flex-row-reverse gap-3">
          <Button tone="alarm" busy={panic.isPending} onClick={() => panic.mutate()}>
            <OctagonX aria-hidden className="size-4.5" /> Stop everything
          </Button>
          <Button onClick={() => setAsking(false)}>Cancel</Button>
        </div>
      </Modal>
    </>
  );
}

/** After a panic, until the owner says otherwise. */
export function StoppedCard() {
  const arm = useMutation({ mutationFn: () => daemon.guardian.arm() });
  return (
    <Card
      tone="danger"
      title={
        <span className="flex items-center gap-2">
          <ShieldOff aria-hidden className="size-5 text-danger" /> Stopped
        </span>
      }
      actions={
        <Button tone="primary" busy={arm.isPending} onClick={() => arm.mutate()}>
          Re-arm
        </Button>
      }
    >
      <p role="status">
        Everything was stopped. Nothing can run, and what was allowed before is void for good; what was
        forbidden stays so. Re-arm Guardian when you have looked at the history: you begin with no
        permissions.
      </p>
      {arm.error !== null && (
        <div className="mt-3">
          <FaultNotice fault={faultOf(arm.error)} />
        </div>
      )}
    </Card>
  );
}
