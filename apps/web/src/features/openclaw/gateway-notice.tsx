import { useMutation } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { daemon } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { gatewayWords } from "./gateway-words.ts";
import { InstallCard } from "./install-card.tsx";

/** Why there is no chat at this moment. */
export function GatewayNotice() {
  const { status } = useStatus();
  const start = useMutation({ mutationFn: () => daemon.openclaw.start() });
  if (status === null) return <Waiting text="Asking SmartClaw …" />;
  const { install, gateway } = status.openclaw;
  if (install.state !== "installed")
    return (
      <div className="w-full max-w-xl">
        <InstallCard />
      </div>
    );
  const moving =
    gateway.phase === "starting" ||
    gateway.phase === "repairing" ||
    gateway.phase === "ready" ||
    gateway.phase === "backing-off";
  return (
    <div className="grid w-full max-w-xl gap-4">
      {gateway.error !== null && <FaultNotice fault={gateway.error} />}
      {moving ? (
        <Waiting
          text={
            gateway.phase === "ready"
              ? "Opening …"
              : `OpenClaw: ${gatewayWords[gateway.phase].text.toLowerCase()} …`
          }
        />
      ) : (
        <div className="grid justify-items-center gap-4 text-center">
          <p className="text-muted">OpenClaw is {gatewayWords[gateway.phase].text.toLowerCase()}.</p>
          <Button tone="primary" busy={start.isPending} onClick={() => start.mutate()}>
            Start OpenClaw
          </Button>
        </div>
      )}
    </div>
  );
}

function Waiting({ text }: { text: string }) {
  return (
    <p role="status" className="flex items-center justify-center gap-3 text-muted">
      <LoaderCircle aria-hidden className="size-5 animate-spin text-accent" /> {text}
    </p>
  );
}
