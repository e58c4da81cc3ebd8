import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RefreshCw, Star, Trash2, Zap } from "lucide-react";
import { useState } from "react";
import type { Connection } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { dateTime } from "../../lib/format.ts";
import { Badge, Button, Card, Field, Select } from "../../ui/controls.tsx";
import { ConfirmDialog, Modal } from "../../ui/confirm-dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { CheckResult } from "./add-key-form.tsx";

export function ConnectionCard({ connection }: { connection: Connection }) {
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const [rotating, setRotating] = useState(false);
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["connections"] });
  const { id, label, models, model } = connection;
  const test = useMutation({ mutationFn: () => daemon.keys.test({ id }), onSuccess: refresh });
  const remove = useMutation({ mutationFn: () => daemon.keys.remove({ id }), onSuccess: refresh });
  const choose = useMutation({
    mutationFn: (chosen: string) => daemon.keys.setDefault({ id, model: chosen }),
    onSuccess: refresh,
  });
  const rotate = useMutation({
    mutationFn: (key: string) => daemon.keys.rotate({ id, key }),
    onSuccess: async ({ check }) => {
      await refresh();
      if (check.ok) setRotating(false);
    },
    gcTime: 0,
  });
  const fault = test.error ?? remove.error ?? choose.error;
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          {label} {connection.isDefault && <Badge tone="good">default</Badge>}
          {connection.lastCheck !== null && (
            <Badge tone={connection.lastCheck.ok ? "good" : "danger"}>
              {connection.lastCheck.ok ? "works" : "does not work"}
            </Badge>
          )}
        </span>
      }
      actions={
        <div className="flex flex-wrap gap-2">
          {!connection.isDefault && (
            <Button busy={choose.isPending} onClick={() => choose.mutate(model)}>
              <Star aria-hidden className="size-4" /> Make default
            </Button>
          )}
          <Button busy={test.isPending} onClick={() => test.mutate()} aria-label={`Test ${label}`}>
            <Zap aria-hidden className="size-4" /> Test
          </Button>
          {connection.hasKey && (
            <Button onClick={() => setRotating(true)} aria-label={`Rotate the key of ${label}`}>
              <RefreshCw aria-hidden className="size-4" /> Rotate
            </Button>
          )}
          <Button tone="danger" onClick={() => setRemoving(true)} aria-label={`Delete ${label}`}>
            <Trash2 aria-hidden className="size-4" /> Delete
          </Button>
        </div>
      }
    >
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_16rem]">
        <Facts
          rows={[
            ["Address", connection.baseUrl],
            ["Key", connection.hasKey ? `in the vault, version ${connection.keyVersion}` : "none needed"],
            ["Added", dateTime(connection.addedAt)],
            ...(connection.rotatedAt === null ? [] : [["Rotated", dateTime(connection.rotatedAt)] as const]),
            ["Last used", dateTime(connection.lastUsedAt)],
          ]}
        />
        <Select
          label="Model"
          aria-label={`Model of ${label}`}
          value={model}
          onChange={(event) => choose.mutate(event.target.value)}
        >
          {models.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      </div>
      <div className="mt-3 empty:hidden">
        <CheckResult check={test.data} />
        {fault !== null && <FaultNotice fault={faultOf(fault)} />}
      </div>
      <ConfirmDialog
        open={removing}
        title={`Delete ${label}?`}
        text="Its key is erased from the vault at once. Answers that are being written with it stop."
        action="Delete"
        onConfirm={() => remove.mutate()}
        onClose={() => setRemoving(false)}
      />
      <Modal open={rotating} onClose={() => setRotating(false)} title={`New key for ${label}`}>
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            rotate.mutate(formText(event.currentTarget, "key"));
            event.currentTarget.reset();
          }}
        >
          <Field
            label="New key"
            name="key"
            type="password"
            required
            autoComplete="off"
            hint="Checked with one real answer before it replaces the old one."
          />
          <CheckResult check={rotate.data?.check} />
          {rotate.error !== null && <FaultNotice fault={faultOf(rotate.error)} />}
          <Button type="submit" tone="primary" busy={rotate.isPending}>
            Check and replace
          </Button>
        </form>
      </Modal>
    </Card>
  );
}
