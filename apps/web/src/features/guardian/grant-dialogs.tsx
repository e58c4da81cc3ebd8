import { useState } from "react";
import type { GuardianGrant } from "@smartclaw/contracts";
import { faultOf } from "../../lib/client.ts";
import { Button, Select } from "../../ui/controls.tsx";
import { Modal } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { type DurationName, durationOf, durations } from "./durations.ts";
import { GrantForm } from "./grant-form.tsx";
import { grantParts } from "./grant-words.ts";
import { PresetForm } from "./preset-form.tsx";
import { useGrantChange } from "./use-grants.ts";
import { Parts } from "./visible.tsx";

interface DialogProps {
  readonly onClose: () => void;
  /** With a sentence on what was done. */
  readonly onDone: (said: string) => void;
}

function useClosingChange({ onClose, onDone }: DialogProps, said: string) {
  return useGrantChange(() => {
    onClose();
    onDone(said);
  });
}

const ways = { preset: "For a folder", one: "One grant" } as const;

export function AddGrantsDialog({ open, ...props }: DialogProps & { open: boolean }) {
  return (
    <Modal open={open} onClose={props.onClose} title="Grant something">
      <AddGrants {...props} />
    </Modal>
  );
}

function AddGrants(props: DialogProps) {
  const [way, setWay] = useState<keyof typeof ways>("preset");
  const change = useClosingChange(props, "It is granted.");
  return (
    <div className="grid grid-cols-1 gap-4">
      <div role="group" aria-label="How" className="flex gap-2">
        {Object.entries(ways).map(([name, label]) => (
          <Button
            key={name}
            aria-pressed={way === name}
            tone={way === name ? "primary" : "plain"}
            onClick={() => {
              change.reset();
              setWay(name as keyof typeof ways);
            }}
          >
            {label}
          </Button>
        ))}
      </div>
      {way === "preset" ? <PresetForm change={change} /> : <GrantForm change={change} />}
    </div>
  );
}

export function EditGrantDialog({ grant, ...props }: DialogProps & { grant: GuardianGrant | null }) {
  return (
    <Modal open={grant !== null} onClose={props.onClose} title="Edit this grant">
      {grant !== null && <EditGrant grant={grant} {...props} />}
    </Modal>
  );
}

function EditGrant({ grant, ...props }: DialogProps & { grant: GuardianGrant }) {
  const change = useClosingChange(props, "The grant was replaced.");
  return <GrantForm change={change} edited={grant} />;
}

export function RenewGrantDialog({ grant, ...props }: DialogProps & { grant: GuardianGrant | null }) {
  return (
    <Modal open={grant !== null} onClose={props.onClose} title="Renew this grant">
      {grant !== null && <RenewGrant grant={grant} {...props} />}
    </Modal>
  );
}

function RenewGrant({ grant, ...props }: DialogProps & { grant: GuardianGrant }) {
  const [duration, setDuration] = useState<DurationName>(
    grant.duration.kind === "always" ? "quarter" : "month",
  );
  const change = useClosingChange(props, "The grant was renewed.");
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ type: "renew", id: grant.id, duration: durationOf(duration, Date.now()) });
      }}
    >
      <p className="rounded-xl bg-accent-soft px-4 py-2.5 text-sm wrap-anywhere">
        <Parts parts={grantParts(grant)} />
      </p>
      <Select
        label="How long"
        value={duration}
        onChange={({ target }) => setDuration(target.value as DurationName)}
      >
        {Object.entries(durations).map(([name, { label }]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Select>
      {change.error !== null && <FaultNotice fault={faultOf(change.error)} />}
      <Button type="submit" tone="primary" busy={change.isPending}>
        Renew
      </Button>
    </form>
  );
}
