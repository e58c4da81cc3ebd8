import { ArrowUp, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** Drafts live in memory only: a conversation's text is never written to the browser's disk. */
const drafts = new Map<string, string>();

const tellTypingMs = 20_000;

export function Composer({
  conversation,
  running,
  disabled,
  onSend,
  onStop,
  onTyping,
}: {
  conversation: string;
  running: boolean;
  disabled: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
  /** Called while the user writes, now and then. */
  onTyping: () => void;
}) {
  const [text, setText] = useState(drafts.get(conversation) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const told = useRef(-Infinity);
  const type = (next: string): void => {
    setText(next);
    if (performance.now() - told.current < tellTypingMs) return;
    told.current = performance.now();
    onTyping();
  };
  useEffect(() => {
    drafts.set(conversation, text);
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 220)}px`;
  }, [conversation, text]);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (!running) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onStop();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [running, onStop]);
  const send = (): void => {
    if (text.trim() === "" || disabled) return;
    onSend(text.trim());
    setText("");
    field.current?.focus();
  };
  return (
    <form
      className="mx-auto w-full max-w-3xl px-4 pb-20 sm:px-6 md:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-2 rounded-2xl border border-line bg-surface p-2 shadow-sm focus-within:border-accent">
        <label htmlFor="composer" className="sr-only">
          Message
        </label>
        <textarea
          id="composer"
          ref={field}
          rows={1}
          value={text}
          placeholder="Write a message"
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          className="max-h-56 min-h-11 flex-1 resize-none bg-transparent px-3 py-2.5 text-base placeholder:text-muted focus-visible:outline-none"
        />
        {running ? (
          <button
            type="button"
            aria-label="Stop"
            title="Stop (Esc)"
            onClick={onStop}
            className="inline-flex size-11 items-center justify-center rounded-xl bg-ink text-paper"
          >
            <Square aria-hidden className="size-4 fill-current" />
          </button>
        ) : (
          <button
            type="submit"
            aria-label="Send"
            title="Send (Enter)"
            disabled={disabled || text.trim() === ""}
            className="inline-flex size-11 items-center justify-center rounded-xl bg-accent text-accent-ink disabled:bg-sunken disabled:text-muted"
          >
            <ArrowUp aria-hidden className="size-5" />
          </button>
        )}
      </div>
    </form>
  );
}
