import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ArrowDown, MessageSquarePlus } from "lucide-react";
import { useEffect, useRef } from "react";
import { type Connection, conversationId, type ConversationId } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Badge, Button } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { GatewayNotice } from "../openclaw/gateway-notice.tsx";
import { AdoptionReport } from "../vault/adoption-report.tsx";
import { Composer } from "./composer.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { ConversationPicker } from "./conversation-picker.tsx";
import { AnswerText, MessageView, OutgoingView, ToolList } from "./message-view.tsx";
import { useChat } from "./use-chat.ts";
import { useFollowEnd } from "./use-follow-end.ts";

const suggestions = [
  "Say hello and tell me what you can do.",
  "Help me plan my week.",
  "Explain a hard thing simply.",
];

export function ChatPage() {
  const { id } = useParams({ strict: false });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { status } = useStatus();
  const ready = status?.openclaw.gateway.phase === "ready";
  const conversations = useQuery({
    queryKey: ["conversations"],
    queryFn: () => daemon.chat.list(),
    enabled: ready,
    refetchInterval: 15_000,
  });
  const create = useMutation({
    mutationFn: () => daemon.chat.create({}),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["conversations"] });
      await navigate({ to: "/chat/$id", params: { id: made.id } });
    },
  });
  const first = conversations.data?.[0]?.id;
  useEffect(() => {
    if (id === undefined && first !== undefined)
      void navigate({ to: "/chat/$id", params: { id: first }, replace: true });
  }, [id, first, navigate]);
  const { mutate, isPending } = create;
  const none = conversations.data?.length === 0;
  useEffect(() => {
    if (id === undefined && none && !isPending) mutate();
  }, [id, none, isPending, mutate]);
  const list = {
    conversations: conversations.data ?? [],
    current: id,
    onRemoved: (gone: string) => gone === id && void navigate({ to: "/" }),
  };

  return (
    <div className="grid h-dvh grid-cols-1 lg:grid-cols-[17rem_1fr]">
      <nav aria-label="Conversations" className="hidden min-h-0 flex-col border-r border-line lg:flex">
        <div className="p-3">
          <Button className="w-full" disabled={!ready} busy={isPending} onClick={() => mutate()}>
            <MessageSquarePlus aria-hidden className="size-4" /> New conversation
          </Button>
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
          <ConversationList {...list} />
        </div>
      </nav>
      <div className="flex min-h-0 min-w-0 flex-col">
        <h1 className="sr-only">Chat</h1>
        <div className="flex items-center gap-2 border-b border-line px-4 py-2 lg:hidden">
          <ConversationPicker {...list} />
          <Button aria-label="New conversation" disabled={!ready} busy={isPending} onClick={() => mutate()}>
            <MessageSquarePlus aria-hidden className="size-4" />
          </Button>
        </div>
        <AdoptionReport />
        {create.error !== null && (
          <div className="p-4">
            <FaultNotice fault={faultOf(create.error)} />
          </div>
        )}
        {id === undefined || !ready ? (
          <div className="grid flex-1 place-items-center p-6">
            <GatewayNotice />
          </div>
        ) : (
          <Conversation key={id} id={conversationId.parse(id)} />
        )}
      </div>
    </div>
  );
}

function Conversation({ id }: { id: ConversationId }) {
  const chat = useChat(id);
  const { state } = chat;
  const connections = useQuery({ queryKey: ["connections"], queryFn: () => daemon.keys.list() });
  const current = connections.data?.find((one) => one.isDefault);
  const scroller = useRef<HTMLDivElement>(null);
  const { atEnd, toEnd, onScroll } = useFollowEnd(scroller);
  const running = state.run !== null;
  const queries = useQueryClient();
  useEffect(() => {
    // OpenClaw gives a conversation its title with the first answer.
    if (!running) void queries.invalidateQueries({ queryKey: ["conversations"] });
  }, [running, queries]);
  const waiting = !running && state.outgoing.some((one) => one.state !== "failed");
  const empty = state.loaded && state.messages.length === 0 && state.outgoing.length === 0 && !running;

  return (
    <>
      <div
        ref={scroller}
        className="relative min-h-0 flex-1 overflow-y-auto"
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onScroll={onScroll}
      >
        <div className="mx-auto grid w-full max-w-3xl grid-cols-1 gap-6 px-4 py-6 sm:px-6" aria-live="off">
          {state.hasMore && (
            <Button className="justify-self-center" onClick={chat.loadEarlier}>
              Show earlier messages
            </Button>
          )}
          {empty && <EmptyState connection={current} onPick={chat.send} />}
          {state.messages.map((message) => (
            <MessageView key={message.id} message={message} />
          ))}
          {state.outgoing.map((outgoing) => (
            <OutgoingView
              key={outgoing.clientId}
              outgoing={outgoing}
              onRetry={() => chat.retry(outgoing.clientId)}
            />
          ))}
          {state.run !== null && (
            <article aria-label="Answer being written" data-testid="running">
              <ToolList tools={state.run.tools} />
              {state.run.text === "" ? <Thinking /> : <AnswerText text={state.run.text} streaming />}
            </article>
          )}
          {waiting && <Thinking />}
          {state.fault !== null && state.messages.at(-1)?.failed === undefined && (
            <FaultNotice fault={state.fault} />
          )}
        </div>
        <p className="sr-only" role="status">
          {running
            ? "The assistant is answering."
            : state.loaded && state.messages.at(-1)?.role === "assistant"
              ? "The answer is complete."
              : ""}
        </p>
      </div>
      {!atEnd && (
        <div className="relative mx-auto h-0">
          <Button className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-md" onClick={toEnd}>
            <ArrowDown aria-hidden className="size-4" /> Latest
          </Button>
        </div>
      )}
      <div className="pt-2">
        <p className="mx-auto mb-1 w-full max-w-3xl px-5 text-xs text-muted sm:px-7">
          <WhereAnswersComeFrom connection={current} />
        </p>
        <Composer
          conversation={id}
          running={running}
          disabled={!state.loaded}
          onSend={chat.send}
          onStop={chat.stop}
          onTyping={noteTyping}
        />
      </div>
    </>
  );
}

function WhereAnswersComeFrom({ connection }: { connection: Connection | undefined }) {
  if (connection === undefined) return null;
  const { hostname } = new URL(connection.baseUrl);
  const local = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
  return local ? (
    <>
      <Badge tone="good">Local address</Badge> {connection.model} on this computer
    </>
  ) : (
    <>
      <Badge>{connection.label}</Badge> {connection.model}, straight from this computer to {hostname} over TLS
    </>
  );
}

function Thinking() {
  return (
    <p className="flex items-center gap-1.5 text-sm text-muted">
      <span aria-hidden className="inline-flex gap-1">
        {[0, 150, 300].map((delay) => (
          <span
            key={delay}
            className="size-1.5 animate-bounce rounded-full bg-accent"
            style={{ animationDelay: `${delay}ms` }}
          />
        ))}
      </span>
      <span className="sr-only">Waiting for the answer</span>
    </p>
  );
}

function EmptyState({
  connection,
  onPick,
}: {
  connection: Connection | undefined;
  onPick: (text: string) => void;
}) {
  return (
    <div className="grid justify-items-center gap-4 py-14 text-center">
      <img src="/logo.svg" alt="" className="size-14" />
      <h2 className="text-xl font-semibold">What shall we do?</h2>
      <p className="max-w-md text-muted">
        {connection === undefined
          ? "Add a connection on the Keys page first."
          : "Your words go from this computer straight to the model that you chose, and nowhere else."}
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        {suggestions.map((text) => (
          <Button key={text} disabled={connection === undefined} onClick={() => onPick(text)}>
            {text}
          </Button>
        ))}
      </div>
    </div>
  );
}

/** What is not told is only that somebody writes: nothing is lost by it. */
function noteTyping(): void {
  daemon.chat.typing().catch(() => {});
}
