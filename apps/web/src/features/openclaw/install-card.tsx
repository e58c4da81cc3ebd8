import { useMutation } from "@tanstack/react-query";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { InstallProgress } from "./install-progress.tsx";

/** OpenClaw's installation: stages, real bytes, and what went wrong. Nothing once it is installed. */
export function InstallCard() {
  const { status } = useStatus();
  const again = useMutation({ mutationFn: () => daemon.openclaw.install() });
  const install = status?.openclaw.install;
  if (install === undefined || install.state === "installed") return null;
  if (install.state === "failed")
    return (
      <Card title={`OpenClaw ${install.version} is not installed`} tone="danger">
        <FaultNotice fault={install.error} />
        <Button tone="primary" className="mt-4" busy={again.isPending} onClick={() => again.mutate()}>
          Install again
        </Button>
        {again.error !== null && <FaultNotice fault={faultOf(again.error)} />}
      </Card>
    );
  if (install.state === "absent")
    return (
      <Card title="OpenClaw is not installed yet">
        <Button tone="primary" busy={again.isPending} onClick={() => again.mutate()}>
          Install
        </Button>
      </Card>
    );
  return (
    <Card title={`Installing OpenClaw ${install.version}`}>
      <InstallProgress install={install} />
    </Card>
  );
}
