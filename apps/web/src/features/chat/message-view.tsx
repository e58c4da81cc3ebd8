import { ChevronRight, LoaderCircle, Wrench } from "lucide-react";
import { lazy, Suspense } from "react";
import type { ChatMessage, ToolActivity } from "@smartclaw/contracts";
import { time } from "../../lib/format.ts";
import { Button } from "../../ui/controls.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import type { Outgoing } from "./chat-store.ts";

const Markdown = lazy(() => import("./markdown.tsx"));

export function AnswerText({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Suspense fallback={<p className="prose-chat whitespace-pre-wrap">{text}</p>}>
      <Markdown text={text} streaming={streaming} />
    </Suspense>
  );
}

export function MessageView({ message }: { message: ChatMessage }) {
  if (message.role === "user") return <UserBubble text={message.text} note={time(message.at)} />;
  return (
    <article className="group" aria-label={`Answer at ${time(message.at)}`}>
      <ToolList tools={message.tools} />
      <AnswerText text={message.text} streaming={false} />
      <div className="mt-1 flex items-center gap-2 text-xs text-muted">
        <CopyButton what="message" text={() => message.text} className="-ml-2" />
        <span>{time(message.at)}</span>
        {message.stopped && <span>stopped by you</span>}
      </div>
    </article>
  );
}

export function OutgoingView({ outgoing, onRetry }: { outgoing: Outgoing; onRetry: () => void }) {
  const note = { sending: "sending …", sent: "sent", failed: "not sent" }[outgoing.state];
  return (
    <div>
      <UserBubble text={outgoing.text} note={note} />
      {outgoing.error !== null && (
        <div role="alert" className="mt-2 flex flex-wrap items-center justify-end gap-3 text-sm text-danger">
          <span>
            {outgoing.error.message} {outgoing.error.next}
          </span>
          <Button onClick={onRetry}>Send again</Button>
        </div>
      )}
    </div>
  );
}

function UserBubble({ text, note }: { text: string; note: string }) {
  return (
    <article className="ml-auto w-fit max-w-[85%]" aria-label="Your message">
      <p className="rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 break-words whitespace-pre-wrap text-ink">
        {text}
      </p>
      <p className="mt-1 text-right text-xs text-muted">{note}</p>
    </article>
  );
}

export function ToolList({ tools }: { tools: readonly ToolActivity[] }) {
  return tools.map((tool) => (
    <details key={tool.id} className="group/tool mb-2 rounded-xl border border-line bg-surface text-sm">
      <summary className="flex min-h-10 cursor-pointer list-none items-center gap-2 px-3">
        {tool.state === "running" ? (
          <LoaderCircle aria-hidden className="size-4 animate-spin text-accent" />
        ) : (
          <Wrench
            aria-hidden
            className={`size-4 ${tool.state === "failed" ? "text-danger" : "text-muted"}`}
          />
        )}
        <span className="font-medium">{tool.name}</span>
        <span className="min-w-0 truncate text-muted">{tool.summary}</span>
        <span className="sr-only">{tool.state}</span>
        <ChevronRight
          aria-hidden
          className="ml-auto size-4 text-muted transition-transform group-open/tool:rotate-90"
        />
      </summary>
      <pre
        className="overflow-x-auto border-t border-line p-3 font-mono text-xs whitespace-pre-wrap"
        tabIndex={0}
      >
        {tool.result ?? "No result yet."}
      </pre>
    </details>
  ));
}
