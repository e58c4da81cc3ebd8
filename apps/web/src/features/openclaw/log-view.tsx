import { useEffect, useRef, useState } from "react";
import type { LogLine } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";
import { time } from "../../lib/format.ts";
import { useStream } from "../../lib/stream.ts";
import { Button, Card, Field, Select } from "../../ui/controls.tsx";

const kept = 500;
/** OpenClaw begins its lines with the time too; here it stands in front already. */
const ownTime = /^\d{4}-\d\d-\d\dT\S+ /;

export function LogView() {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [source, setSource] = useState<LogLine["source"] | "both">("both");
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void daemon.system.logs({ limit: 200 }).then(
      (tail) => setLines((now) => [...tail, ...now].slice(-kept)),
      () => {},
    );
  }, []);
  useStream("logs", (signal) => daemon.system.followLogs(undefined, { signal }), {
    value: (line) => setLines((now) => [...now, line].slice(-kept)),
  });
  useEffect(() => {
    const element = end.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const shown = lines.filter(
    (line) =>
      (source === "both" || line.source === source) && line.text.toLowerCase().includes(text.toLowerCase()),
  );
  const copy = (): void =>
    void navigator.clipboard.writeText(
      shown
        .map((line) => `${new Date(line.at).toISOString()} ${line.source} ${line.level} ${line.text}`)
        .join("\n"),
    );
  return (
    <Card title="Logs" actions={<Button onClick={copy}>Copy</Button>}>
      <div className="mb-3 grid gap-3 sm:grid-cols-[16rem_1fr]">
        <Select
          label="From"
          value={source}
          onChange={(event) => setSource(event.target.value as typeof source)}
        >
          <option value="both">SmartClaw and OpenClaw</option>
          <option value="smartclaw">SmartClaw</option>
          <option value="openclaw">OpenClaw</option>
        </Select>
        <Field label="Containing" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <div
        ref={end}
        tabIndex={0}
        role="log"
        aria-label="Log lines"
        className="h-72 overflow-auto rounded-xl bg-sunken p-3 font-mono text-xs leading-relaxed wrap-anywhere"
      >
        {shown.length === 0 && <p className="text-muted">Nothing here yet.</p>}
        {shown.map((line, index) => (
          // Lines have no identity of their own and are only ever appended.
          <p
            key={index}
            className={line.level === "error" ? "text-danger" : line.level === "warn" ? "text-warn" : ""}
          >
            <span className="text-muted">{time(line.at)}</span> {line.text.replace(ownTime, "")}
          </p>
        ))}
      </div>
    </Card>
  );
}
