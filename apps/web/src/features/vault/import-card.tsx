import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileSearch } from "lucide-react";
import { daemon, faultOf } from "../../lib/client.ts";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { ImportSteps } from "./import-steps.tsx";

/** Finds keys in the clear on this computer and moves them into the vault. */
export function ImportCard() {
  const queries = useQueryClient();
  const scan = useMutation({ mutationFn: () => daemon.keys.scan() });
  const move = useMutation({
    mutationFn: () => daemon.keys.importAll(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["connections"] }),
  });
  const steps = move.data ?? scan.data;
  const fault = scan.error ?? move.error;
  return (
    <Card
      title="Keys in the clear"
      actions={
        <Button
          busy={scan.isPending}
          onClick={() => {
            move.reset();
            scan.mutate();
          }}
        >
          <FileSearch aria-hidden className="size-4" /> Look on this computer
        </Button>
      }
    >
      <p className="text-sm text-muted">
        Looks into an OpenClaw installation of yours (its configuration, .env and sign-ins) and the
        environment. Nothing is changed until you say so.
      </p>
      {fault !== null && <FaultNotice fault={faultOf(fault)} />}
      {steps !== undefined && (
        <div className="mt-4 grid gap-3" aria-live="polite">
          {steps.length === 0 && <p className="text-sm">None were found.</p>}
          <ImportSteps steps={steps} />
          {move.data === undefined && steps.length > 0 && (
            <Button
              tone="primary"
              className="justify-self-start"
              busy={move.isPending}
              onClick={() => move.mutate()}
            >
              Move them into the vault
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}
