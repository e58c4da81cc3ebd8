import { type ErrorReport, outcomeNames, recordSentence, type UpdateRecord } from "@smartclaw/contracts";
import { dateTime } from "../../lib/format.ts";
import { Badge, type BadgeTone, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

const tones: Readonly<Record<UpdateRecord["outcome"], BadgeTone>> = {
  committed: "good",
  "rolled-back": "danger",
  refused: "warn",
  aborted: "plain",
};

/** How the last updates ended. @param records the newest first; undefined while they are asked for */
export function HistoryCard({
  records,
  fault,
}: {
  records: readonly UpdateRecord[] | undefined;
  fault: ErrorReport | null;
}) {
  return (
    <Card title="History">
      {fault !== null && <FaultNotice fault={fault} />}
      {records?.length === 0 && <p className="text-muted">There were no updates yet.</p>}
      <ul aria-label="Updates, newest first" className="divide-y divide-line empty:hidden">
        {records?.map((record) => (
          <li
            key={record.id}
            className="grid gap-x-4 gap-y-1 py-3 text-sm first:pt-0 last:pb-0 sm:grid-cols-[6.5rem_minmax(0,1fr)]"
          >
            <span>
              <Badge tone={tones[record.outcome]}>{outcomeNames[record.outcome]}</Badge>
            </span>
            <span className="min-w-0 wrap-anywhere">
              <span className="font-medium">{recordSentence(record)}</span>
              {record.error !== null && (
                <span className="block">
                  {record.error.message}
                  <span className="block text-muted">{record.error.next}</span>
                </span>
              )}
              <time dateTime={new Date(record.at).toISOString()} className="block text-xs text-muted">
                {dateTime(record.at)}
              </time>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
