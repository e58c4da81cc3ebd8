import { Link } from "@tanstack/react-router";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Conversation } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Button, Field, IconButton } from "../../ui/controls.tsx";
import { ConfirmDialog, Modal } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

/** On a row under the mouse its tools appear, and until then leave their room to the title; a finger has no such rest. */
const toolsClass =
  "flex shrink-0 max-lg:*:size-11 lg:pointer-fine:w-0 lg:pointer-fine:overflow-hidden lg:pointer-fine:group-focus-within:w-auto lg:pointer-fine:group-focus-within:overflow-visible lg:pointer-fine:group-hover:w-auto";

export function ConversationList({
  conversations,
  current,
  onChosen,
  onRemoved,
}: {
  conversations: readonly Conversation[];
  current: string | undefined;
  onChosen?: () => void;
  onRemoved: (id: string) => void;
}) {
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<Conversation | null>(null);
  const [renaming, setRenaming] = useState<Conversation | null>(null);
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["conversations"] });
  const remove = useMutation({
    mutationFn: (one: Conversation) => daemon.chat.remove({ id: one.id }),
    onSuccess: async (_, one) => {
      // Told after the list is new, so that nobody is led to the one that is gone.
      await refresh();
      onRemoved(one.id);
    },
  });
  const rename = useMutation({
    mutationFn: ({ one, title }: { one: Conversation; title: string }) =>
      daemon.chat.rename({ id: one.id, title }),
    onSuccess: refresh,
  });
  const fault = remove.error ?? rename.error;
  if (conversations.length === 0)
    return <p className="px-3 py-2 text-sm text-muted">No conversations yet.</p>;
  return (
    <>
      <div className="mb-2 empty:hidden">{fault !== null && <FaultNotice fault={faultOf(fault)} />}</div>
      <ul className="grid grid-cols-1 gap-0.5">
        {conversations.map((one) => (
          <li
            key={one.id}
            className={`group flex items-center rounded-xl pr-1 ${one.id === current ? "bg-accent-soft" : "hover:bg-sunken"}`}
          >
            <Link
              to="/chat/$id"
              params={{ id: one.id }}
              aria-current={one.id === current ? "page" : undefined}
              onClick={onChosen}
              className="min-w-0 flex-1 truncate rounded-xl px-3 py-2 text-sm max-lg:py-3"
            >
              {one.title}
            </Link>
            <div className={toolsClass}>
              <IconButton label={`Rename ${one.title}`} onClick={() => setRenaming(one)}>
                <Pencil aria-hidden className="size-4" />
              </IconButton>
              <IconButton label={`Delete ${one.title}`} onClick={() => setRemoving(one)}>
                <Trash2 aria-hidden className="size-4" />
              </IconButton>
            </div>
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
