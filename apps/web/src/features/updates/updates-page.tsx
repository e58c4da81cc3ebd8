import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { lookSentence } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Page } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { InstallCard } from "../openclaw/install-card.tsx";
import { FoundCard } from "./found-card.tsx";
import { HistoryCard } from "./history-card.tsx";
import { LiveCard } from "./live-card.tsx";
import { RunningCard } from "./running-card.tsx";
import { UpdateSettingsCard } from "./update-settings-card.tsx";

const shown = 100;

export function UpdatesPage() {
  const updates = useStatus().status?.updates;
  const check = useMutation({ mutationFn: () => daemon.updates.check() });
  const history = useQuery({
    queryKey: ["updates", updates?.last?.id],
    queryFn: () => daemon.updates.history({ limit: shown }),
    placeholderData: keepPreviousData,
  });
  if (updates === undefined)
    return (
      <Page title="Updates">
        <p className="text-muted">Asking SmartClaw …</p>
      </Page>
    );
  const { running, found } = updates;
  return (
    <Page
      title="Updates"
      intro="SmartClaw tries a new version of OpenClaw out first, and the one that works comes back if it fails."
      actions={
        <Button busy={check.isPending} disabled={running !== null} onClick={() => check.mutate()}>
          <RefreshCw aria-hidden className="size-4" /> Check now
        </Button>
      }
    >
      <p role="status" className="sr-only">
        {check.data !== undefined && lookSentence(check.data, check.data.lastCheck?.at ?? 0)}
      </p>
      {check.error !== null && <FaultNotice fault={faultOf(check.error)} />}
      <InstallCard />
      {running !== null && <RunningCard running={running} />}
      {running === null && found !== null && found.verdict !== "current" && (
        <FoundCard found={found} settings={updates.settings} />
      )}
      <LiveCard updates={updates} records={history.data ?? []} />
      <UpdateSettingsCard updates={updates} />
      <HistoryCard records={history.data} fault={history.error === null ? null : faultOf(history.error)} />
    </Page>
  );
}
