import { useMutation } from "@tanstack/react-query";
import { ChevronRight, CircleCheck, Download, ScanSearch, Undo2 } from "lucide-react";
import { useState } from "react";
import type { AuditLine, GuardianSnapshot } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { counted, date, time } from "../../lib/format.ts";
import { saveFile } from "../../lib/save-file.ts";
import { Badge, Button, Card, Select } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { detailsOf, kindWords, reasonOf } from "./audit-words.ts";
import { UndoDialog } from "./undo-dialog.tsx";
import { undoOf } from "./undo-words.ts";
import { useHistory } from "./use-history.ts";
import { useSnapshots } from "./use-undo.ts";
import { Visible } from "./visible.tsx";
import { sentence } from "./words.ts";

/** Everything that was asked, decided and done, why, and whether the record is whole. */
export function HistoryCard() {
  const history = useHistory();
  const [kind, setKind] = useState("");
  const lines = history.data?.pages.flat() ?? [];
  const kinds = [...new Set(lines.map((line) => line.kind))].toSorted();
  const shown = lines.filter((line) => kind === "" || line.kind === kind);
  const verify = useMutation({ mutationFn: () => daemon.guardian.verifyLog() });
  const save = useMutation({ mutationFn: saveLog });
  const snapshots = useSnapshots();
  const [undone, setUndone] = useState<GuardianSnapshot | null>(null);
  const [said, setSaid] = useState("");
  const fault = history.error ?? verify.error ?? save.error;
  return (
    <Card
      title="History"
      actions={
        <div className="flex flex-wrap gap-2">
          <Button busy={verify.isPending} onClick={() => verify.mutate()}>
            <ScanSearch aria-hidden className="size-4" /> Verify
          </Button>
          <Button busy={save.isPending} onClick={() => save.mutate()}>
            <Download aria-hidden className="size-4" /> Export
          </Button>
        </div>
      }
    >
      <div className="mb-4 grid gap-3 empty:hidden">
        {said !== "" && (
          <p role="status" className="rounded-xl bg-good-soft px-4 py-3 text-sm text-good">
            {said}
          </p>
        )}
        {fault !== null && <FaultNotice fault={faultOf(fault)} />}
        {verify.data !== undefined &&
          (verify.data.whole ? (
            <p role="status" className="flex gap-3 rounded-xl bg-good-soft px-4 py-3 text-sm text-good">
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0" />
              <span className="wrap-anywhere">
                <Visible text={verify.data.message} /> {counted(verify.data.rows, "line")} checked.
              </span>
            </p>
          ) : (
            <FaultNotice
              fault={{
                message: verify.data.message,
                next: `${counted(verify.data.rows, "line")} were checked. Export the history before anything else is done.`,
              }}
            />
          ))}
      </div>
      {lines.length === 0 ? (
        <p className="text-muted">{history.isLoading ? "Reading …" : "Nothing was asked or done yet."}</p>
      ) : (
        <>
          <Select
            label="Kind"
            className="mb-3 sm:max-w-64"
            value={kind}
            onChange={({ target }) => setKind(target.value)}
          >
            <option value="">All</option>
            {/* What was chosen stays a choice, whatever the newest lines are. */}
            {[...new Set([...kinds, ...(kind === "" ? [] : [kind])])].map((one) => (
              <option key={one} value={one}>
                {kindWords(one)}
              </option>
            ))}
          </Select>
          <ol aria-label="What happened, newest first" className="divide-y divide-line">
            {shown.map((line) => (
              <HistoryRow
                key={line.seq}
                line={line}
                snapshot={undoOf(line, snapshots.data ?? [])}
                onUndo={(snapshot) => {
                  setSaid("");
                  setUndone(snapshot);
                }}
              />
            ))}
          </ol>
          <div className="mt-4 flex flex-wrap items-center justify-between gap-3 text-sm text-muted">
            <span aria-live="polite">
              {kind === ""
                ? counted(shown.length, "line")
                : `${shown.length} of the newest ${lines.length} lines`}
            </span>
            {history.hasNextPage && (
              <Button busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
                Show more
              </Button>
            )}
          </div>
        </>
      )}
      <UndoDialog
        snapshot={undone}
        onClose={() => setUndone(null)}
        onDone={() => {
          setUndone(null);
          setSaid("It was undone. To have it back, undo the undoing below.");
        }}
      />
    </Card>
  );
}

interface HistoryRowProps {
  readonly line: AuditLine;
  /** What undoes it. */
  readonly snapshot: GuardianSnapshot | null;
  readonly onUndo: (snapshot: GuardianSnapshot) => void;
}

function HistoryRow({ line, snapshot, onUndo }: HistoryRowProps) {
  const reason = reasonOf(line);
  return (
    <li className="sm:flex sm:items-start sm:gap-3">
      <details className="group min-w-0 flex-1">
        <summary className="-mx-2 grid cursor-pointer list-none grid-cols-[minmax(0,1fr)_auto] gap-x-4 rounded-lg px-2 py-2.5 text-sm hover:bg-sunken sm:grid-cols-[5.5rem_minmax(0,1fr)_auto]">
          <time
            dateTime={new Date(line.at).toISOString()}
            className="flex gap-2 text-xs text-muted tabular-nums max-sm:row-start-1 sm:block sm:pt-0.5"
          >
            <span className="sm:block">{time(line.at)}</span>{" "}
            <span className="sm:block">{date(line.at)}</span>
          </time>
          <span className="min-w-0 max-sm:row-start-2">
            <span className="block wrap-anywhere">
              <Visible text={sentence(line.text)} /> <Badge>{kindWords(line.kind)}</Badge>
            </span>
            {reason !== null && (
              <span className="block text-muted wrap-anywhere">
                Why: <Visible text={reason} />
              </span>
            )}
          </span>
          <ChevronRight
            aria-hidden
            className="mt-0.5 size-4 text-muted transition-transform group-open:rotate-90 max-sm:row-span-2 max-sm:row-start-1"
          />
        </summary>
        <Details line={line} />
      </details>
      {snapshot !== null && (
        <Button
          aria-label={`Undo: ${snapshot.text.slice(0, 100)}`}
          className="mb-2 sm:mt-1"
          onClick={() => onUndo(snapshot)}
        >
          <Undo2 aria-hidden className="size-4" /> Undo
        </Button>
      )}
    </li>
  );
}

function Details({ line }: { line: AuditLine }) {
  return (
    <dl className="mb-3 divide-y divide-line rounded-xl bg-sunken px-4 py-1.5 text-xs sm:ml-[6.5rem]">
      {detailsOf(line).map(([name, value], index) => (
        <div key={index} className="grid gap-x-4 py-1.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
          <dt className="text-muted wrap-anywhere">
            <Visible text={name} />
          </dt>
          <dd className="font-mono leading-5 whitespace-break-spaces wrap-anywhere">
            <Visible text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** All of the record, as it comes: it can be longer than what the page shows. */
async function saveLog(): Promise<void> {
  const text: string[] = [];
  for await (const piece of await daemon.guardian.exportLog())
    text.push(piece.endsWith("\n") ? piece : `${piece}\n`);
  saveFile(`smartclaw-guardian-${new Date().toISOString().slice(0, 10)}.jsonl`, "application/jsonl", text);
}
