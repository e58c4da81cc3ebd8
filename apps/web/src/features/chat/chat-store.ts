import type { ChatEvent, ChatMessage, ChatRun, ErrorReport } from "@smartclaw/contracts";

/** A message that the user sent and the gateway has not shown back yet. */
export interface Outgoing {
  readonly clientId: string;
  readonly text: string;
  readonly at: number;
  readonly state: "sending" | "sent" | "failed";
  readonly error: ErrorReport | null;
}

export interface ChatState {
  readonly loaded: boolean;
  readonly messages: readonly ChatMessage[];
  readonly hasMore: boolean;
  readonly run: ChatRun | null;
  readonly outgoing: readonly Outgoing[];
  /** Why the last answer ended badly, or the conversation is interrupted. */
  readonly fault: ErrorReport | null;
}

export type ChatAction =
  | ChatEvent
  | { readonly type: "sending"; readonly clientId: string; readonly text: string; readonly at: number }
  | { readonly type: "sent"; readonly clientId: string }
  | { readonly type: "send-failed"; readonly clientId: string; readonly error: ErrorReport }
  | { readonly type: "earlier"; readonly messages: readonly ChatMessage[]; readonly hasMore: boolean }
  | { readonly type: "reset" };

export const emptyChat: ChatState = {
  loaded: false,
  messages: [],
  hasMore: false,
  run: null,
  outgoing: [],
  fault: null,
};

/** What a conversation's page shows. A snapshot replaces everything but what is still on its way. */
export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "reset":
      return emptyChat;
    case "snapshot": {
      const ids = new Set(action.messages.map(({ id }) => id));
      const first = action.messages[0]?.id;
      // Pages that were loaded before the snapshot's window stay in front of it.
      const overlap = state.messages.findIndex(({ id }) => id === first);
      const earlier = overlap > 0 ? state.messages.slice(0, overlap).filter(({ id }) => !ids.has(id)) : [];
      const messages = [...earlier, ...action.messages];
      return {
        ...state,
        loaded: true,
        messages,
        hasMore: earlier.length > 0 ? state.hasMore : action.hasMore,
        run: action.run,
        fault: null,
        outgoing: unseen(state.outgoing, messages),
      };
    }
    case "message": {
      const messages = upsert(state.messages, action.message);
      return {
        ...state,
        messages,
        outgoing: unseen(state.outgoing, messages),
        fault: action.message.role === "user" ? null : state.fault,
      };
    }
    case "run":
      return { ...state, run: action.run, fault: null };
    case "delta":
      return state.run?.runId === action.runId
        ? { ...state, run: { ...state.run, text: state.run.text + action.text } }
        : state;
    case "tool": {
      if (state.run?.runId !== action.runId) return state;
      const others = state.run.tools.filter(({ id }) => id !== action.tool.id);
      return { ...state, run: { ...state.run, tools: [...others, action.tool] } };
    }
    case "end":
      return { ...state, run: state.run?.runId === action.runId ? null : state.run, fault: action.error };
    case "interrupted":
      return { ...state, fault: action.error };
    case "earlier": {
      const known = new Set(state.messages.map(({ id }) => id));
      const added = action.messages.filter(({ id }) => !known.has(id));
      return { ...state, messages: [...added, ...state.messages], hasMore: action.hasMore };
    }
    case "sending": {
      const { clientId, text, at } = action;
      const others = state.outgoing.filter((one) => one.clientId !== clientId);
      return {
        ...state,
        fault: null,
        outgoing: [...others, { clientId, text, at, state: "sending", error: null }],
      };
    }
    case "sent":
      return { ...state, outgoing: change(state.outgoing, action.clientId, { state: "sent", error: null }) };
    case "send-failed":
      return {
        ...state,
        outgoing: change(state.outgoing, action.clientId, { state: "failed", error: action.error }),
      };
  }
}

function upsert(messages: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  const position = messages.findIndex(({ id }) => id === message.id);
  return position === -1 ? [...messages, message] : messages.with(position, message);
}

/** What the transcript shows is on its way no more. */
function unseen(outgoing: readonly Outgoing[], messages: readonly ChatMessage[]): readonly Outgoing[] {
  const shown = new Set(messages.map(({ clientId }) => clientId));
  return outgoing.filter(({ clientId }) => !shown.has(clientId));
}

function change(
  outgoing: readonly Outgoing[],
  clientId: string,
  fields: Partial<Outgoing>,
): readonly Outgoing[] {
  return outgoing.map((one) => (one.clientId === clientId ? { ...one, ...fields } : one));
}
