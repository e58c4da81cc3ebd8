import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Download } from "lucide-react";
import { Fragment, useState } from "react";
import type { LedgerDoor, LedgerEntry, LedgerFilter } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { bytes, counted, date, dateTime, inAddress, time } from "../../lib/format.ts";
import { saveFile } from "../../lib/save-file.ts";
import { useStream } from "../../lib/stream.ts";
import { Badge, Button, Card, Field, Page, Select } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { AllowedHosts } from "./allowed-hosts.tsx";

const doors: Readonly<Record<LedgerDoor, string>> = {
  "model-proxy": "Model request",
  "forward-proxy": "OpenClaw's own",
  "openclaw-guard": "Stopped inside OpenClaw",
  guardian: "The assistant's",
  watchdog: "Seen by the watchdog",
  smartclaw: "SmartClaw itself",
};
const columns = [
  { name: "Time", width: "w-28" },
  { name: "Destination", width: "w-1/5" },
  { name: "Program", width: "w-40" },
  { name: "Traffic", width: "w-24" },
  { name: "Reason", width: "" },
  { name: "Result", width: "w-24" },
] as const;
const pageSize = 50;
const spans = { "": null, "1 hour": 3_600_000, "1 day": 86_400_000, "7 days": 604_800_000 } as const;

export function NetworkPage() {
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [verdict, setVerdict] = useState<LedgerEntry["verdict"] | "">("");
  const [door, setDoor] = useState<LedgerDoor | "">("");
  const [span, setSpan] = useState<keyof typeof spans>("");
  const [pages, setPages] = useState<readonly number[]>([]);
  const filter = (): LedgerFilter => {
    const length = spans[span];
    return {
      ...(text === "" ? {} : { text }),
      ...(verdict === "" ? {} : { verdict }),
      ...(door === "" ? {} : { door }),
      ...(length === null ? {} : { since: Date.now() - length }),
    };
  };
  const before = pages.at(-1);
  const rows = useQuery({
    queryKey: ["ledger", text, verdict, door, span, before],
    queryFn: () =>
      daemon.network.list({ ...filter(), limit: pageSize, ...(before === undefined ? {} : { before }) }),
    placeholderData: keepPreviousData,
  });
  useStream("ledger", (signal) => daemon.network.watch(undefined, { signal }), {
    value: () => void queries.invalidateQueries({ queryKey: ["ledger"] }, { cancelRefetch: false }),
  });
  const save = useMutation({
    mutationFn: (format: "csv" | "json") => daemon.network.export({ ...filter(), format }),
    onSuccess: ({ name, type, text: content }) => saveFile(name, type, [content]),
  });
  const entries = rows.data?.entries ?? [];
  const reset = (change: () => void) => {
    change();
    setPages([]);
  };
  return (
    <Page
      title="Network"
      intro="Every connection that SmartClaw or OpenClaw opened or was refused, as it happens. It stays on this computer."
      actions={
        <div className="flex gap-2">
          <Button busy={save.isPending} onClick={() => save.mutate("csv")}>
            <Download aria-hidden className="size-4" /> CSV
          </Button>
          <Button busy={save.isPending} onClick={() => save.mutate("json")}>
            <Download aria-hidden className="size-4" /> JSON
          </Button>
        </div>
      }
    >
      <Card>
        <div className="grid grid-cols-2 gap-3 lg:grid-cols-[2fr_1fr_1fr_1fr]">
          <Field
            label="Search"
            className="col-span-2 lg:col-span-1"
            placeholder="Host, process or reason"
            value={text}
            onChange={(event) => reset(() => setText(event.target.value))}
          />
          <Select
            label="Result"
            value={verdict}
            onChange={(event) => reset(() => setVerdict(event.target.value as typeof verdict))}
          >
            <option value="">All</option>
            <option value="allowed">Allowed</option>
            <option value="refused">Refused</option>
            <option value="failed">Failed</option>
          </Select>
          <Select
            label="Time"
            value={span}
            onChange={(event) => reset(() => setSpan(event.target.value as typeof span))}
          >
            <option value="">All</option>
            <option value="1 hour">Last hour</option>
            <option value="1 day">Last day</option>
            <option value="7 days">Last week</option>
          </Select>
          <Select
            label="Kind"
            className="col-span-2 lg:col-span-1"
            value={door}
            onChange={(event) => reset(() => setDoor(event.target.value as typeof door))}
          >
            <option value="">All</option>
            {Object.entries(doors).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </Select>
        </div>
      </Card>
      {rows.error !== null && <FaultNotice fault={faultOf(rows.error)} />}
      <Card>
        {entries.length === 0 ? (
          <p className="py-6 text-center text-muted">
            {rows.isLoading ? "Reading …" : "No connections. That is the receipt: nothing has left."}
          </p>
        ) : (
          <>
            <ConnectionTable entries={entries} />
            <ul className="grid gap-3 lg:hidden">
              {entries.map((entry) => (
                <li key={entry.id} className="rounded-xl bg-sunken p-3 text-sm">
                  <div className="flex justify-between gap-3">
                    <Destination entry={entry} />
                    <Verdict entry={entry} />
                  </div>
                  <p>{entry.reason}</p>
                  <p className="text-xs text-muted">
                    {dateTime(entry.startedAt)} · {entry.process} · {bytes(entry.bytesSent)} sent,{" "}
                    {bytes(entry.bytesReceived)} received
                  </p>
                </li>
              ))}
            </ul>
          </>
        )}
        <div className="mt-4 flex items-center justify-between text-sm text-muted">
          <span aria-live="polite">{counted(rows.data?.total ?? 0, "connection")}</span>
          <span className="flex gap-2">
            <Button disabled={pages.length === 0} onClick={() => setPages(pages.slice(0, -1))}>
              Newer
            </Button>
            <Button
              disabled={entries.length < pageSize}
              onClick={() => setPages([...pages, entries.at(-1)?.id ?? 1])}
            >
              Older
            </Button>
          </span>
        </div>
      </Card>
      <AllowedHosts />
    </Page>
  );
}

/** The columns have fixed shares, so that the table stands still while connections come in. */
function ConnectionTable({ entries }: { entries: readonly LedgerEntry[] }) {
  return (
    <table className="hidden w-full table-fixed text-left text-sm lg:table">
      <caption className="sr-only">Connections, newest first</caption>
      <thead className="text-muted">
        <tr>
          {columns.map(({ name, width }) => (
            <th key={name} scope="col" className={`px-2 py-2 font-medium ${width}`}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id} className="border-t border-line align-top *:px-2 *:py-2">
            <td className="tabular-nums">
              {time(entry.startedAt)}
              <span className="block text-xs text-muted">{date(entry.startedAt)}</span>
            </td>
            <td>
              <Destination entry={entry} />
            </td>
            <td className="wrap-anywhere">{entry.process}</td>
            <td className="whitespace-nowrap tabular-nums">
              <span className="flex items-center gap-1">
                <ArrowUp aria-label="sent" role="img" className="size-3 text-muted" />
                {bytes(entry.bytesSent)}
              </span>
              <span className="flex items-center gap-1">
                <ArrowDown aria-label="received" role="img" className="size-3 text-muted" />
                {bytes(entry.bytesReceived)}
              </span>
            </td>
            <td className="wrap-anywhere">{entry.reason}</td>
            <td>
              <Verdict entry={entry} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Breaks after the dots of a long name and before the port, never within one. */
function Destination({ entry: { host, port } }: { entry: LedgerEntry }) {
  const parts = inAddress(host).split(/(?<=\.)/);
  return (
    <span className="min-w-0 font-mono text-xs leading-5 wrap-anywhere">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
      <wbr />
      <span className="whitespace-nowrap">{`:${port}`}</span>
    </span>
  );
}

function Verdict({ entry }: { entry: LedgerEntry }) {
  const tone = entry.verdict === "refused" ? "warn" : entry.verdict === "failed" ? "danger" : "good";
  return <Badge tone={tone}>{entry.endedAt === null ? "open" : entry.verdict}</Badge>;
}
