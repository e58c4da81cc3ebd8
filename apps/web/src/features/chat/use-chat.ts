import { useCallback, useReducer } from "react";
import type { ConversationId } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStream } from "../../lib/stream.ts";
import { type ChatState, emptyChat, reduceChat } from "./chat-store.ts";

export interface Chat {
  readonly state: ChatState;
  readonly send: (text: string) => void;
  readonly retry: (clientId: string) => void;
  readonly stop: () => void;
  readonly loadEarlier: () => void;
}

/** One conversation, live. Mount it with the conversation's id as `key`. */
export function useChat(id: ConversationId): Chat {
  const [state, dispatch] = useReducer(reduceChat, emptyChat);
  useStream(id, (signal) => daemon.chat.events({ id }, { signal }), { value: dispatch });

  const deliver = useCallback(
    (clientId: string, text: string) => {
      dispatch({ type: "sending", clientId, text, at: Date.now() });
      daemon.chat
        .send({ conversation: id, text, clientId })
        .then(() => dispatch({ type: "sent", clientId }))
        .catch((error: unknown) => dispatch({ type: "send-failed", clientId, error: faultOf(error) }));
    },
    [id],
  );
  return {
    state,
    send: (text) => deliver(crypto.randomUUID(), text),
    retry: (clientId) => {
      const waiting = state.outgoing.find((one) => one.clientId === clientId);
      // The same id: if the first attempt did arrive, this is not a second message.
      if (waiting !== undefined) deliver(clientId, waiting.text);
    },
    stop: () => void daemon.chat.stop({ id }).catch(() => {}),
    loadEarlier: () => {
      const before = state.messages[0]?.id;
      if (before === undefined) return;
      void daemon.chat
        .history({ id, before, limit: 100 })
        .then(({ messages, hasMore }) => dispatch({ type: "earlier", messages, hasMore }));
    },
  };
}
