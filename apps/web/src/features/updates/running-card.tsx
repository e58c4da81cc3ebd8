import { LoaderCircle } from "lucide-react";
import { ago, runningTitle, stepSentence, type UpdateStatus, updateSteps } from "@smartclaw/contracts";
import { Card } from "../../ui/controls.tsx";
import { InstallProgress } from "../openclaw/install-progress.tsx";
import { useNow } from "./use-now.ts";

/** The way back is none of them. */
const forward = updateSteps.filter((step) => step !== "rolling-back");

/** An update under way: its step, and real bytes while it is fetched. */
export function RunningCard({ running }: { running: NonNullable<UpdateStatus["running"]> }) {
  const now = useNow();
  const { step, install } = running;
  const back = step === "rolling-back";
  const place = back ? "" : `Step ${forward.indexOf(step) + 1} of ${forward.length}, `;
  const began = `began ${ago(running.startedAt, now)}.`;
  return (
    <Card title={runningTitle(running)} tone={back ? "warn" : "plain"}>
      <p role="status" className="flex items-start gap-3">
        <LoaderCircle aria-hidden className="mt-0.5 size-5 shrink-0 animate-spin text-accent" />
        {stepSentence(running)}
      </p>
      <p className="mt-1 pl-8 text-sm text-muted">
        {`${place}${began}`.replace(/^./, (first) => first.toUpperCase())}
      </p>
      {step === "staging" && install?.state === "installing" && (
        <div className="mt-4">
          <InstallProgress install={install} />
        </div>
      )}
    </Card>
  );
}
