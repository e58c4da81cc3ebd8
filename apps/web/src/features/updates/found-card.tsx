import { useMutation } from "@tanstack/react-query";
import { CircleArrowUp } from "lucide-react";
import { useState } from "react";
import { componentNames, foundSentence, type UpdateStatus, type UpdateVerdict } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { dateTime } from "../../lib/format.ts";
import { Badge, Button, Card } from "../../ui/controls.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { useChange } from "./use-change.ts";

const words = { install: "ready", wait: "waits", postponed: "waits", hold: "held back" } as const;

/** A newer version, what becomes of it, and what the user can make of it. */
export function FoundCard({
  found,
  updates: { component, settings },
}: {
  found: Exclude<UpdateVerdict, { verdict: "current" }>;
  updates: UpdateStatus;
}) {
  const { version, verdict } = found;
  const name = componentNames[component];
  const [asking, setAsking] = useState(false);
  // The version that is shown, not whatever may be the newest by then.
  const apply = useMutation({ mutationFn: () => daemon.updates.apply({ component, version }) });
  const change = useChange(component);
  const fault = apply.error ?? change.error;
  const { held, pinned, skipped } = settings;
  const barred = held || (pinned !== null && pinned !== version);
  return (
    <Card
      tone={verdict === "hold" ? "warn" : "plain"}
      title={
        <span className="flex flex-wrap items-center gap-2">
          Newer: {name} {version}{" "}
          <Badge tone={verdict === "install" ? "good" : "warn"}>{words[verdict]}</Badge>
        </span>
      }
      actions={
        <div className="flex flex-wrap gap-2">
          {!skipped.includes(version) && (
            <Button busy={change.isPending} onClick={() => change.mutate({ skipped: [...skipped, version] })}>
              Skip this version
            </Button>
          )}
          <Button
            tone="primary"
            disabled={barred}
            busy={apply.isPending}
            onClick={() => (verdict === "hold" ? setAsking(true) : apply.mutate())}
          >
            <CircleArrowUp aria-hidden className="size-4" /> Update now
          </Button>
        </div>
      }
    >
      <p role="status">{foundSentence(found, settings, dateTime)}</p>
      {barred && <p className="text-sm text-muted">Take the {held ? "hold" : "pin"} back to update.</p>}
      {fault !== null && (
        <div className="mt-3">
          <FaultNotice fault={faultOf(fault)} />
        </div>
      )}
      <ConfirmDialog
        open={asking}
        title={`Update to ${name} ${version} all the same?`}
        text={`SmartClaw would not install it by itself. ${verdict === "hold" ? found.reason : ""} It is tried out first, and the version that runs now comes back if it fails.`}
        action="Update now"
        onConfirm={() => apply.mutate()}
        onClose={() => setAsking(false)}
      />
    </Card>
  );
}
