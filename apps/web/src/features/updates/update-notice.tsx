import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { recordSentence } from "@smartclaw/contracts";
import { useStatus } from "../../lib/status.tsx";
import { IconButton } from "../../ui/controls.tsx";

const key = "smartclaw.update-seen";

/** One line after an update or a way back, on whatever page, until it was read. */
export function UpdateNotice() {
  const last = useStatus().status?.updates.last ?? null;
  const [seen, setSeen] = useState(() => localStorage.getItem(key));
  if (last === null || last.id === seen) return null;
  // What changed nothing is told on the Updates page only.
  if (last.outcome !== "committed" && last.outcome !== "rolled-back") return null;
  const close = (): void => {
    localStorage.setItem(key, last.id);
    setSeen(last.id);
  };
  return (
    <div className="fixed inset-x-4 top-4 z-40 mx-auto flex max-w-xl items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 text-sm shadow-lg">
      <p role="status" className="flex-1">
        {recordSentence(last)}{" "}
        <Link to="/updates" onClick={close} className="text-accent underline">
          More on the Updates page
        </Link>
      </p>
      <IconButton label="Close" onClick={close}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}
