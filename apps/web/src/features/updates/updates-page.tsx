import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import {
  componentNames,
  lookSentence,
  type UpdateComponent,
  updateComponents,
  type UpdateStatus,
} from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Card, Page } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { InstallCard } from "../openclaw/install-card.tsx";
import { FoundCard } from "./found-card.tsx";
import { HistoryCard } from "./history-card.tsx";
import { LiveCard } from "./live-card.tsx";
import { RunningCard } from "./running-card.tsx";
import { UpdateSettingsCard } from "./update-settings-card.tsx";

const shown = 100;

export function UpdatesPage() {
  const { status } = useStatus();
  const [component, setComponent] = useState<UpdateComponent>("openclaw");
  const updates = component === "openclaw" ? status?.updates : status?.selfUpdates;
  const check = useMutation({ mutationFn: () => daemon.updates.check({ component }) });
  const choose = (one: UpdateComponent): void => {
    check.reset();
    setComponent(one);
  };
  return (
    <Page
      title="Updates"
      intro={`SmartClaw tries a new version of ${component === "openclaw" ? "OpenClaw" : "itself"} out first, and the one that works comes back if it fails.`}
      actions={
        <Button
          busy={check.isPending}
          disabled={(updates ?? null) === null || updates?.running !== null}
          onClick={() => check.mutate()}
        >
          <RefreshCw aria-hidden className="size-4" /> Check now
        </Button>
      }
    >
      <div role="group" aria-label="What is updated" className="flex gap-2">
        {updateComponents.map((one) => (
          <Button
            key={one}
            aria-pressed={one === component}
            tone={one === component ? "primary" : "plain"}
            onClick={() => choose(one)}
          >
            {componentNames[one]}
          </Button>
        ))}
      </div>
      <p role="status" className="sr-only">
        {check.data !== undefined && lookSentence(check.data, check.data.lastCheck?.at ?? 0)}
      </p>
      {check.error !== null && <FaultNotice fault={faultOf(check.error)} />}
      {component === "openclaw" && <InstallCard />}
      {updates === undefined && <p className="text-muted">Asking SmartClaw …</p>}
      {updates === null && <WithoutSource version={status?.smartclaw.version ?? ""} />}
      {updates !== undefined && updates !== null && <Updates key={component} updates={updates} />}
    </Page>
  );
}

function Updates({ updates }: { updates: UpdateStatus }) {
  const { component, running, found, last } = updates;
  const history = useQuery({
    queryKey: ["updates", component, last?.id],
    queryFn: () => daemon.updates.history({ component, limit: shown }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      {running !== null && <RunningCard running={running} />}
      {running === null && found !== null && found.verdict !== "current" && (
        <FoundCard found={found} updates={updates} />
      )}
      <LiveCard updates={updates} records={history.data ?? []} />
      <UpdateSettingsCard updates={updates} />
      <HistoryCard records={history.data} fault={history.error === null ? null : faultOf(history.error)} />
    </>
  );
}

/** SmartClaw has no publisher of its own here: whoever publishes releases says where they are. */
function WithoutSource({ version }: { version: string }) {
  return (
    <Card title={`SmartClaw ${version}`}>
      <p>
        SmartClaw was not told where its own releases are, so it stays as it is. Whoever publishes them gives
        you a file <code>update-source.json</code>, which holds their address and the keys that they must be
        signed with; put it into SmartClaw’s folder and start SmartClaw again.
      </p>
    </Card>
  );
}
