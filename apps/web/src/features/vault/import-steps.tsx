import type { ImportStep } from "@smartclaw/contracts";
import { shortPath } from "../../lib/format.ts";
import { Badge, type BadgeTone } from "../../ui/controls.tsx";

const tones: Readonly<Record<ImportStep["outcome"], BadgeTone>> = {
  found: "warn",
  moved: "good",
  scrubbed: "good",
  "already-there": "plain",
  left: "warn",
  failed: "danger",
};

/** What was found or done at each place where a key stood in the clear. */
export function ImportSteps({ steps }: { steps: readonly ImportStep[] }) {
  return (
    <ul className="grid gap-2">
      {steps.map((step) => (
        <li key={`${step.path} ${step.field}`} className="rounded-xl bg-sunken px-4 py-2 text-sm">
          <Badge tone={tones[step.outcome]}>{step.outcome}</Badge>{" "}
          <span className="font-mono text-xs wrap-anywhere">{shortPath(step.path)}</span>
          <span className="block wrap-anywhere text-muted">
            {step.field}: {step.detail}
          </span>
        </li>
      ))}
    </ul>
  );
}
