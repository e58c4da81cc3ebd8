import { useMutation } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import {
  componentNames,
  liveSince,
  lookSentence,
  nextLookSentence,
  type UpdateRecord,
  type UpdateStatus,
} from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { bytes, dateTime } from "../../lib/format.ts";
import { Badge, Button, Card } from "../../ui/controls.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { useNow } from "./use-now.ts";

/** What runs and since when, how the last look went, and the way back. */
export function LiveCard({ updates, records }: { updates: UpdateStatus; records: readonly UpdateRecord[] }) {
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const { component, live, previous, lastCheck, found, running, settings } = updates;
  const name = componentNames[component];
  const goBack = useMutation({ mutationFn: () => daemon.updates.goBack({ component }) });
  const onTrial = running?.kind === "update" && (running.step === "trial" || running.step === "probation");
  // A version on trial can be given up; any other step is brought to its end first.
  const [left, target] = onTrial ? [running.to, running.from] : [live, previous];
  const since = live === null ? null : liveSince(live, records);
  const looked = lastCheck !== null && lastCheck.error === null;
  const received = looked ? ` ${bytes(lastCheck.bytes)} were received for it.` : "";
  const inUse: readonly (readonly [string, string])[] = [
    [
      "In use since",
      onTrial ? "its trial, which goes on" : since === null ? "its installation" : dateTime(since),
    ],
    ["Before it", previous ?? "none that is kept"],
  ];
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          {live === null ? "Newer versions" : `${name} ${live}`}
          {looked && found?.verdict === "current" && <Badge tone="good">newest</Badge>}
          {settings.held && <Badge>held</Badge>}
          {settings.pinned !== null && <Badge>pinned to {settings.pinned}</Badge>}
        </span>
      }
      actions={
        target !== null && (
          <Button
            disabled={running !== null && !onTrial}
            busy={goBack.isPending}
            onClick={() => setAsking(true)}
          >
            <Undo2 aria-hidden className="size-4" /> Go back to {target}
          </Button>
        )
      }
    >
      <div className="mb-3 grid gap-3 empty:hidden">
        {goBack.error !== null && <FaultNotice fault={faultOf(goBack.error)} />}
        {lastCheck !== null && lastCheck.error !== null && <FaultNotice fault={lastCheck.error} />}
      </div>
      <Facts
        rows={[
          ...(live === null ? [] : inUse),
          ["Last look", `${lookSentence(updates, now)}${received}`],
          ["Next look", nextLookSentence(updates, now)],
        ]}
      />
      <ConfirmDialog
        open={asking}
        title={`Go back to ${name} ${target}?`}
        text={`${name} ${left} is left, and is not installed by itself again; a newer version is. OpenClaw does not answer for a moment.`}
        action="Go back"
        onConfirm={() => goBack.mutate()}
        onClose={() => setAsking(false)}
      />
    </Card>
  );
}
