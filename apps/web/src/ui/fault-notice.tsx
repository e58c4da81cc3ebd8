import { TriangleAlert } from "lucide-react";
import type { ErrorReport } from "@smartclaw/contracts";

/** What happened and what to do next, announced when it appears. */
export function FaultNotice({
  fault,
  children,
}: {
  fault: Pick<ErrorReport, "message" | "next">;
  children?: React.ReactNode;
}) {
  return (
    <div role="alert" className="flex gap-3 rounded-xl bg-danger-soft px-4 py-3 text-sm text-ink">
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div>
        <p className="font-medium">{fault.message}</p>
        <p className="text-muted">{fault.next}</p>
        {children}
      </div>
    </div>
  );
}
