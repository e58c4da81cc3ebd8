import { useMutation } from "@tanstack/react-query";
import { Box, CircleSlash, PanelTop, ShieldCheck } from "lucide-react";
import type { GuardianStatus } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { Badge, Card, Switch } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { Visible } from "./visible.tsx";

/** Whether the assistant may act at all, and what stands in the way. */
export function AgenticCard({ status }: { status: GuardianStatus }) {
  const { agenticMode, armed, closed, sandbox, browser } = status;
  const change = useMutation({ mutationFn: (on: boolean) => daemon.guardian.setAgenticMode({ on }) });
  const on = change.isPending ? change.variables : agenticMode;
  return (
    <Card>
      <div className="grid gap-4 sm:grid-cols-[auto_minmax(0,1fr)] sm:gap-5">
        <span
          aria-hidden
          className={`grid size-12 max-sm:hidden place-content-center rounded-2xl ${on ? "bg-accent-soft text-accent" : "bg-sunken text-muted"}`}
        >
          <ShieldCheck className="size-6" />
        </span>
        <div className="grid min-w-0 gap-4">
          <Switch
            label={<span className="text-lg font-semibold">Agentic Mode</span>}
            hint="The assistant may run commands and work with files on this computer, each in a sandbox, and use a browser of its own. What is not granted below, it asks you first; while this is off, it can only talk."
            checked={on}
            onChange={(wanted) => change.mutate(wanted)}
          />
          <div className="flex flex-wrap gap-2">
            <StateBadge status={status} />
            {sandbox.state === "works" ? (
              <Badge tone="good">
                <Box aria-hidden className="size-3.5" /> Sandbox: {sandbox.by}
              </Badge>
            ) : (
              <Badge tone="warn">
                <CircleSlash aria-hidden className="size-3.5" /> No sandbox
              </Badge>
            )}
            {agenticMode && browser.state === "works" && (
              <Badge tone="good">
                <PanelTop aria-hidden className="size-3.5" /> Browser of its own
              </Badge>
            )}
          </div>
          {agenticMode && armed && closed !== null && (
            <Obstacle message="Nothing can run now." next={closed} />
          )}
          {agenticMode && browser.state === "missing" && (
            <Obstacle message={browser.message} next={browser.next} />
          )}
          {sandbox.state === "works" && sandbox.networkOff !== null && (
            <Obstacle
              message={`In the sandbox, ${sandbox.networkOff}.`}
              next="What reaches a granted host is refused until then; everything else works."
            />
          )}
          {sandbox.state === "missing" && <Obstacle message={sandbox.message} next={sandbox.next} />}
          {change.error !== null && <FaultNotice fault={faultOf(change.error)} />}
        </div>
      </div>
    </Card>
  );
}

function StateBadge({ status: { agenticMode, closed, armed } }: { status: GuardianStatus }) {
  if (!armed) return <Badge tone="danger">Stopped</Badge>;
  if (!agenticMode) return <Badge>Off</Badge>;
  return closed === null ? <Badge tone="good">On</Badge> : <Badge tone="warn">On, but closed</Badge>;
}

function Obstacle({ message, next }: { message: string; next: string }) {
  return (
    <div className="rounded-xl bg-warn-soft px-4 py-3 text-sm">
      <p className="font-medium text-ink wrap-anywhere">
        <Visible text={message} />
      </p>
      <p className="text-ink wrap-anywhere">
        <Visible text={next} />
      </p>
    </div>
  );
}
