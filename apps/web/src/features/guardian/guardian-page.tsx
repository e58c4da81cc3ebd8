import { useQueryClient } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import { useEffect } from "react";
import { Card, Page } from "../../ui/controls.tsx";
import { AgenticCard } from "./agentic-card.tsx";
import { GrantsCard } from "./grants-card.tsx";
import { OffersCard } from "./offers-card.tsx";
import { PausedCard } from "./paused-card.tsx";
import { useGuardian } from "./guardian-status.tsx";
import { HistoryCard } from "./history-card.tsx";
import { PanicButton, StoppedCard } from "./panic.tsx";
import { Visible } from "./visible.tsx";
import { WaitingCard } from "./waiting-card.tsx";

export function GuardianPage() {
  const status = useGuardian();
  const queries = useQueryClient();
  useEffect(() => {
    // Each change of the status is an answer, a grant or a line of the history.
    if (status !== null) void queries.invalidateQueries({ queryKey: ["guardian"] }, { cancelRefetch: false });
  }, [status, queries]);
  // What waits comes first, and keeps what it is when it moves: by its key.
  const waiting = status !== null && (
    <WaitingCard key="waiting" waiting={status.waiting} questionsToday={status.questionsToday} />
  );
  return (
    <Page
      title="Guardian"
      intro={
        // On a phone all room is for the decision.
        <span className={status !== null && status.waiting.length > 0 ? "max-md:hidden" : ""}>
          What the assistant may do on this computer, what it asks, and what it did.
        </span>
      }
      actions={status?.armed === true && <PanicButton />}
    >
      {status === null ? (
        <p className="text-muted">Asking SmartClaw …</p>
      ) : (
        <>
          {!status.armed && <StoppedCard />}
          {status.waiting.length > 0 && waiting}
          {status.paused.length > 0 && <PausedCard paused={status.paused} />}
          {status.damage !== null && <DamageCard damage={status.damage} />}
          <AgenticCard status={status} />
          {status.waiting.length === 0 && waiting}
          <OffersCard />
          <GrantsCard />
          <HistoryCard />
        </>
      )}
    </Page>
  );
}

function DamageCard({ damage }: { damage: string }) {
  return (
    <Card
      tone="danger"
      title={
        <span className="flex items-center gap-2">
          <ShieldAlert aria-hidden className="size-5 text-danger" /> Somebody else changed Guardian’s files
        </span>
      }
    >
      <div role="alert">
        <p className="wrap-anywhere">
          <Visible text={damage} />
        </p>
        <p className="mt-1 text-sm text-muted">
          Verify and export the history below. If this was not you, stop everything and look at what runs on
          this computer.
        </p>
      </div>
    </Card>
  );
}
