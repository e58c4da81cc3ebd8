import type { GuardianSnapshot } from "@smartclaw/contracts";
import { faultOf } from "../../lib/client.ts";
import { Modal } from "../../ui/confirm-dialog.tsx";
import { Button } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { ScrollBox } from "./scroll-box.tsx";
import { becomes } from "./undo-words.ts";
import { useUndo } from "./use-undo.ts";
import { Visible } from "./visible.tsx";

interface UndoDialogProps {
  readonly snapshot: GuardianSnapshot | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Shows what would be put back, and does it; over what was changed since only when that is said once more. */
export function UndoDialog({ snapshot, ...props }: UndoDialogProps) {
  return (
    <Modal open={snapshot !== null} onClose={props.onClose} title="Undo this?">
      {snapshot !== null && <Undo key={snapshot.id} snapshot={snapshot} {...props} />}
    </Modal>
  );
}

function Undo({ snapshot, onClose, onDone }: UndoDialogProps & { snapshot: GuardianSnapshot }) {
  const undo = useUndo();
  const changed = undo.data?.state === "changed" ? undo.data : null;
  const carryOut = (force: boolean): void =>
    undo.mutate(
      { id: snapshot.id, force },
      { onSuccess: ({ state }) => (state === "done" ? onDone() : undefined) },
    );
  return (
    <div className="grid grid-cols-1 gap-4 text-sm">
      <ScrollBox label="What was done" className="max-h-32 rounded-xl bg-sunken px-4 py-2.5">
        <code className="font-mono whitespace-break-spaces wrap-anywhere">
          <Visible text={snapshot.text} />
        </code>
      </ScrollBox>
      <ScrollBox label="What is put back" className="max-h-64">
        <ul className="divide-y divide-line">
          {snapshot.paths.map(({ path, was }) => (
            <li key={path} className="py-2">
              <span className="block font-mono text-xs wrap-anywhere">
                <Visible text={path} />
              </span>
              <span className="text-muted">{becomes[was]}</span>
            </li>
          ))}
        </ul>
      </ScrollBox>
      <p className="text-muted">
        What is there now is kept first, so that this can be undone, too. Only these files come back: nothing
        that was sent, and nothing that was done elsewhere.
        {snapshot.special.length > 0 && " Sockets, pipes and devices were not kept."}
      </p>
      {changed !== null && (
        <div role="alert" className="rounded-xl bg-warn-soft px-4 py-3 text-warn">
          <p>Somebody may have changed this since, so nothing was put back:</p>
          <ScrollBox label="What was changed since" className="max-h-32">
            <ul>
              {changed.paths.map((path) => (
                <li key={path} className="font-mono text-xs wrap-anywhere">
                  <Visible text={path} />
                </li>
              ))}
            </ul>
            {changed.count > changed.paths.length && <p>and {changed.count - changed.paths.length} more</p>}
          </ScrollBox>
        </div>
      )}
      {undo.error !== null && <FaultNotice fault={faultOf(undo.error)} />}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose}>Cancel</Button>
        {changed === null ? (
          <Button tone="primary" busy={undo.isPending} onClick={() => carryOut(false)}>
            Undo
          </Button>
        ) : (
          <Button tone="danger" busy={undo.isPending} onClick={() => carryOut(true)}>
            Put back all the same
          </Button>
        )}
      </div>
    </div>
  );
}
