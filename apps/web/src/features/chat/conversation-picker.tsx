import { ChevronsUpDown } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { Button } from "../../ui/controls.tsx";
import { Modal } from "../../ui/confirm-dialog.tsx";
import { ConversationList } from "./conversation-list.tsx";

/** The list of conversations where there is no room to show it always: behind a button that says which one is open. */
export function ConversationPicker(list: Omit<ComponentProps<typeof ConversationList>, "onChosen">) {
  const [open, setOpen] = useState(false);
  const title = list.conversations.find(({ id }) => id === list.current)?.title ?? "Conversations";
  return (
    <>
      <Button aria-haspopup="dialog" className="min-w-0 flex-1" onClick={() => setOpen(true)}>
        <span className="min-w-0 flex-1 truncate text-left">
          <span className="sr-only">Conversation: </span>
          {title}
        </span>
        <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-muted" />
      </Button>
      <Modal open={open} title="Conversations" onClose={() => setOpen(false)}>
        <ConversationList {...list} onChosen={() => setOpen(false)} />
      </Modal>
    </>
  );
}
