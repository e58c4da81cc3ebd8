import { Link } from "@tanstack/react-router";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Conversation } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Button, Field, IconButton } from "../../ui/controls.tsx";
import { ConfirmDialog, Modal } from "../../ui/confirm-dialog.tsx";

export function ConversationList({
  conversations,
  current,
  onRemoved,
}: {
  conversations: readonly Conversation[];
  current: string | undefined;
  onRemoved: (id: string) => void;
}) {
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<Conversation | null>(null);
  const [renaming, setRenaming] = useState<Conversation | null>(null);
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["conversations"] });
  const remove = useMutation({
    mutationFn: (one: Conversation) => daemon.chat.remove({ id: one.id }),
    onSuccess: (_, one) => {
      onRemoved(one.id);
      return refresh();
    },
  });
  const rename = useMutation({
    mutationFn: ({ one, title }: { one: Conversation; title: string }) =>
      daemon.chat.rename({ id: one.id, title }),
    onSuccess: refresh,
  });
  if (conversations.length === 0)
    return <p className="px-3 py-2 text-sm text-muted">No conversations yet.</p>;
  return (
    <>
      <ul className="grid gap-0.5">
        {conversations.map((one) => (
          <li
            key={one.id}
            className={`group flex items-center rounded-xl pr-1 ${one.id === current ? "bg-accent-soft" : "hover:bg-sunken"}`}
          >
            <Link
              to="/chat/$id"
              params={{ id: one.id }}
              aria-current={one.id === current ? "page" : undefined}
              className="min-w-0 flex-1 truncate rounded-xl px-3 py-2 text-sm"
            >
              {one.title}
            </Link>
            <IconButton
              label={`Rename ${one.title}`}
              className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
              onClick={() => setRenaming(one)}
            >
              <Pencil aria-hidden className="size-4" />
            </IconButton>
            <IconButton
              label={`Delete ${one.title}`}
              className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
              onClick={() => setRemoving(one)}
            >
              <Trash2 aria-hidden className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={removing !== null}
        title="Delete this conversation?"
        text={`“${removing?.title ?? ""}” and its history are removed from this computer for good.`}
        action="Delete"
        onConfirm={() => removing !== null && remove.mutate(removing)}
        onClose={() => setRemoving(null)}
      />
      <Modal open={renaming !== null} title="Rename conversation" onClose={() => setRenaming(null)}>
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            const title = formText(event.currentTarget, "title");
            if (renaming !== null && title !== "") rename.mutate({ one: renaming, title });
            setRenaming(null);
          }}
        >
          <Field label="Title" name="title" maxLength={200} defaultValue={renaming?.title ?? ""} />
          <Button type="submit" tone="primary" className="justify-self-end">
            Rename
          </Button>
        </form>
      </Modal>
    </>
  );
}
