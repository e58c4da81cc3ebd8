import { useMutation } from "@tanstack/react-query";
import { CirclePause } from "lucide-react";
import type { GuardianPause } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { dateTime } from "../../lib/format.ts";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { visibleString } from "./visible-text.ts";
import { Visible } from "./visible.tsx";

/** Conversations that may not ask, as the owner said no three times. */
export function PausedCard({ paused }: { paused: readonly GuardianPause[] }) {
  const resume = useMutation({ mutationFn: (session: string) => daemon.guardian.resume({ session }) });
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <CirclePause aria-hidden className="size-5 text-warn" /> Paused
        </span>
      }
    >
      <p role="status" className="mb-3 text-muted">
        You said no three times, so nothing more is asked here. What you granted goes on.
      </p>
      <ul className="grid gap-3">
        {paused.map(({ session, asks, since }) => (
          <li key={session} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <span className="min-w-0 wrap-anywhere">
              <Visible text={asks} />
              <span className="block text-xs text-muted">Since {dateTime(since)}</span>
            </span>
            <Button
              aria-label={`Let it ask again: ${visibleString(asks)}`}
              disabled={resume.isPending}
              onClick={() => resume.mutate(session)}
            >
              Let it ask again
            </Button>
          </li>
        ))}
      </ul>
      {resume.error !== null && (
        <div className="mt-3">
          <FaultNotice fault={faultOf(resume.error)} />
        </div>
      )}
    </Card>
  );
}
