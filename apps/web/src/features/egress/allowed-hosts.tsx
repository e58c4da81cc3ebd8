import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { settings as settingsSchema } from "@smartclaw/contracts";
import { useState } from "react";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Button, Card, Field, IconButton } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";

/** The user's list of hosts that OpenClaw's own traffic may reach. Empty is the safe default. */
export function AllowedHosts() {
  const queries = useQueryClient();
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => daemon.settings.get() });
  const [invalid, setInvalid] = useState(false);
  const save = useMutation({
    mutationFn: (allowedHosts: string[]) => daemon.settings.set({ allowedHosts }),
    onSuccess: (next) => queries.setQueryData(["settings"], next),
  });
  const hosts = settings.data?.allowedHosts ?? [];
  return (
    <Card title="Where OpenClaw itself may go">
      <p className="mb-4 text-sm text-muted">
        Requests to your models do not need to be listed. Everything else that OpenClaw wants to reach is
        refused unless its host stands here.
      </p>
      {hosts.length === 0 && (
        <p className="mb-4 text-sm">Nothing is listed: OpenClaw reaches nobody but your models.</p>
      )}
      <ul className="mb-4 grid gap-2 empty:hidden">
        {hosts.map((host) => (
          <li
            key={host}
            className="flex items-center justify-between rounded-xl bg-sunken px-4 py-1 font-mono text-sm"
          >
            {host}
            <IconButton
              label={`Remove ${host}`}
              onClick={() => save.mutate(hosts.filter((one) => one !== host))}
            >
              <Trash2 aria-hidden className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
      <form
        className="grid items-end gap-3 sm:grid-cols-[1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const host = formText(form, "host").trim().toLowerCase();
          const fits = settingsSchema.shape.allowedHosts.element.safeParse(host).success;
          setInvalid(!fits);
          if (!fits) return;
          save.mutate([...new Set([...hosts, host])]);
          form.reset();
        }}
      >
        <Field label="Allow a host" name="host" placeholder="example.org or *.example.org" required />
        <Button type="submit" className="h-11" busy={save.isPending}>
          Allow
        </Button>
      </form>
      {invalid && (
        <FaultNotice
          fault={{
            message: "This is not a host name.",
            next: "Write it like example.org, *.example.org or example.org:8443.",
          }}
        />
      )}
      {save.error !== null && <FaultNotice fault={faultOf(save.error)} />}
    </Card>
  );
}
