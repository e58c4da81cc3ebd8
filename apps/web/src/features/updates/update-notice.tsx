import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useState } from "react";
import { recordSentence, type UpdateRecord } from "@smartclaw/contracts";
import { useStatus } from "../../lib/status.tsx";
import { IconButton } from "../../ui/controls.tsx";

const keyOf = ({ component }: UpdateRecord): string => `smartclaw.update-seen.${component}`;

/** One line after an update or a way back, on whatever page, until it was read. */
export function UpdateNotice() {
  const { status } = useStatus();
  const [, setSeen] = useState("");
  const record = [status?.updates.last, status?.selfUpdates?.last]
    .filter((last) => last !== null && last !== undefined)
    // What changed nothing is told on the Updates page only.
    .filter(({ outcome }) => outcome === "committed" || outcome === "rolled-back")
    .filter((last) => localStorage.getItem(keyOf(last)) !== last.id)
    .toSorted((one, other) => other.at - one.at)[0];
  if (record === undefined) return null;
  const close = (): void => {
    localStorage.setItem(keyOf(record), record.id);
    setSeen(record.id);
  };
  return (
    <div className="fixed inset-x-4 top-4 z-40 mx-auto flex max-w-xl items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 text-sm shadow-lg">
      <p role="status" className="flex-1">
        {recordSentence(record)}{" "}
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
