import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import type { LedgerDoor, LedgerEntry, LedgerFilter } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { bytes, dateTime } from "../../lib/format.ts";
import { useStream } from "../../lib/stream.ts";
import { Badge, Button, Card, Field, Page, Select } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { AllowedHosts } from "./allowed-hosts.tsx";

const doors: Readonly<Record<LedgerDoor, string>> = {
  "model-proxy": "Model request",
  "forward-proxy": "OpenClaw's own",
  "openclaw-guard": "Stopped inside OpenClaw",
  watchdog: "Seen by the watchdog",
  smartclaw: "SmartClaw itself",
};
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
    onSuccess: ({ name, type, text: content }) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content], { type }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    },
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
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
          <Field
            label="Search"
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
            label="Kind"
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
            <div
              className="hidden overflow-x-auto md:block"
              tabIndex={0}
              role="region"
              aria-label="Connections"
            >
              <table className="w-full text-left text-sm">
                <caption className="sr-only">Connections, newest first</caption>
                <thead className="text-muted">
                  <tr>
                    {["Time", "Destination", "Program", "Sent", "Received", "Reason", "Result"].map(
                      (name) => (
                        <th key={name} scope="col" className="px-2 py-2 font-medium whitespace-nowrap">
                          {name}
                        </th>
                      ),
                    )}
                  </tr>
                </thead>
                <tbody>
                  {entries.map((entry) => (
                    <tr key={entry.id} className="border-t border-line align-top">
                      <td className="px-2 py-2 whitespace-nowrap tabular-nums">
                        {dateTime(entry.startedAt)}
                      </td>
                      <td className="px-2 py-2 font-mono text-xs break-all">
                        {entry.host}:{entry.port}
                      </td>
                      <td className="px-2 py-2">{entry.process}</td>
                      <td className="px-2 py-2 whitespace-nowrap tabular-nums">{bytes(entry.bytesSent)}</td>
                      <td className="px-2 py-2 whitespace-nowrap tabular-nums">
                        {bytes(entry.bytesReceived)}
                      </td>
                      <td className="px-2 py-2">{entry.reason}</td>
                      <td className="px-2 py-2">
                        <Verdict entry={entry} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <ul className="grid gap-3 md:hidden">
              {entries.map((entry) => (
                <li key={entry.id} className="rounded-xl bg-sunken p-3 text-sm">
                  <div className="flex justify-between gap-3">
                    <span className="font-mono text-xs break-all">
                      {entry.host}:{entry.port}
                    </span>
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
          <span aria-live="polite">{rows.data?.total ?? 0} connections</span>
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

function Verdict({ entry }: { entry: LedgerEntry }) {
  const tone = entry.verdict === "refused" ? "warn" : entry.verdict === "failed" ? "danger" : "good";
  return <Badge tone={tone}>{entry.endedAt === null ? "open" : entry.verdict}</Badge>;
}
