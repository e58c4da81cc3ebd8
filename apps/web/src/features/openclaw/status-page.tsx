import { useMutation } from "@tanstack/react-query";
import { Play, RotateCcw, Square, Stethoscope } from "lucide-react";
import { daemon, faultOf } from "../../lib/client.ts";
import { bytes, counted, dateTime, inAddress } from "../../lib/format.ts";
import { useStatus } from "../../lib/status.tsx";
import { Badge, Button, Card, Page } from "../../ui/controls.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { gatewayWords } from "./gateway-words.ts";
import { InstallCard } from "./install-card.tsx";
import { LogView } from "./log-view.tsx";

export function StatusPage() {
  const { status } = useStatus();
  const start = useMutation({ mutationFn: () => daemon.openclaw.start() });
  const stop = useMutation({ mutationFn: () => daemon.openclaw.stop() });
  const restart = useMutation({ mutationFn: () => daemon.openclaw.restart() });
  const doctor = useMutation({ mutationFn: () => daemon.system.doctor() });
  const fault = start.error ?? stop.error ?? restart.error;
  if (status === null)
    return (
      <Page title="Status">
        <p className="text-muted">Asking SmartClaw …</p>
      </Page>
    );
  const { smartclaw, openclaw, modelProxy, forwardProxy } = status;
  const { gateway, listeners, install, nodeVersion } = openclaw;
  const idle = gateway.phase === "stopped" || gateway.phase === "failed";
  return (
    <Page title="Status" intro="What runs on this computer at this moment.">
      <InstallCard />
      <Card
        title={
          <span className="flex items-center gap-3">
            OpenClaw <Badge tone={gatewayWords[gateway.phase].tone}>{gatewayWords[gateway.phase].text}</Badge>
          </span>
        }
        actions={
          <div className="flex flex-wrap gap-2">
            <Button
              disabled={!idle || install.state !== "installed"}
              busy={start.isPending}
              onClick={() => start.mutate()}
            >
              <Play aria-hidden className="size-4" /> Start
            </Button>
            <Button disabled={idle} busy={stop.isPending} onClick={() => stop.mutate()}>
              <Square aria-hidden className="size-4" /> Stop
            </Button>
            <Button
              disabled={install.state !== "installed"}
              busy={restart.isPending}
              onClick={() => restart.mutate()}
            >
              <RotateCcw aria-hidden className="size-4" /> Restart
            </Button>
          </div>
        }
      >
        {fault !== null && <FaultNotice fault={faultOf(fault)} />}
        {gateway.error !== null && <FaultNotice fault={gateway.error} />}
        <Facts
          rows={[
            [
              "Version",
              gateway.version ?? (install.state === "installed" ? install.version : "not installed"),
            ],
            ["Runtime", nodeVersion === null ? "none" : `Node ${nodeVersion}`],
            ["Process", gateway.pid === null ? "none" : String(gateway.pid)],
            ["Since", dateTime(gateway.since)],
            ["Restarts", String(gateway.restarts)],
          ]}
        />
        <h3 className="mt-4 mb-1 text-sm font-semibold">Where it listens</h3>
        {listeners.length === 0 ? (
          <p className="text-sm text-muted">Nowhere.</p>
        ) : (
          <ul className="flex flex-wrap gap-2">
            {listeners.map((one) => (
              <li key={`${one.protocol} ${one.address} ${one.port}`}>
                <Badge tone={one.loopback ? "good" : "danger"}>
                  {inAddress(one.address)}:{one.port}{" "}
                  {one.loopback ? "this computer only" : "reachable from outside"}
                </Badge>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="SmartClaw">
        <Facts
          rows={[
            ["Version", smartclaw.version],
            ["Address", `http://localhost:${smartclaw.port}`],
            ["Process", `${smartclaw.pid}, ${bytes(smartclaw.residentBytes)} of memory`],
            ["Runtime", `Node ${smartclaw.nodeVersion} on ${smartclaw.platform}`],
            ["Running since", dateTime(smartclaw.startedAt)],
            ["Folder", smartclaw.home],
            [
              "Model proxy",
              `127.0.0.1:${modelProxy.port}, ${counted(modelProxy.requests, "request")}, ${modelProxy.refused} refused`,
            ],
            [
              "Forward proxy",
              `127.0.0.1:${forwardProxy.port}, ${counted(forwardProxy.requests, "request")}, ${forwardProxy.refused} refused`,
            ],
          ]}
        />
      </Card>
      {status.missing.length > 0 && (
        <Card title="Not on this computer" tone="warn">
          <ul className="grid gap-3">
            {status.missing.map((one) => (
              <li key={one.name}>
                <p className="font-medium">{one.name}</p>
                <p className="text-sm text-muted">Without it {one.withoutIt}.</p>
                <code className="mt-1 inline-block rounded-lg bg-sunken px-2 py-1 font-mono text-sm">
                  {one.command}
                </code>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card
        title="Check-up"
        actions={
          <Button busy={doctor.isPending} onClick={() => doctor.mutate()}>
            <Stethoscope aria-hidden className="size-4" /> Check now
          </Button>
        }
      >
        {doctor.data === undefined ? (
          <p className="text-sm text-muted">
            Looks at the vault, the ways out, OpenClaw's sockets and files, and says what to do.
          </p>
        ) : (
          <ul className="grid gap-2" aria-live="polite">
            {doctor.data.map((check) => (
              <li
                key={check.id}
                className="grid grid-cols-[3.5rem_minmax(0,1fr)] items-start justify-items-start gap-3 text-sm"
              >
                <Badge tone={check.level === "ok" ? "good" : check.level === "warn" ? "warn" : "danger"}>
                  {check.level === "ok" ? "good" : check.level === "warn" ? "note" : "wrong"}
                </Badge>
                <span className="min-w-0 wrap-anywhere">
                  <span className="font-medium">{check.title}:</span> {check.detail}
                  <span className="block text-muted">{check.next}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <LogView />
    </Page>
  );
}
