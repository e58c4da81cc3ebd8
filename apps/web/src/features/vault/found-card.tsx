import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Cpu, FileKey, KeyRound } from "lucide-react";
import type { Discovery } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { shortPath } from "../../lib/format.ts";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { CheckResult } from "./add-key-form.tsx";
import { type Adoption, adoptionKey, adoptionOf } from "./adoption.ts";

/** Keys and model servers that are on this computer already, each one click away from the first answer. */
export function FoundCard({ found, onAdopted }: { found: readonly Discovery[]; onAdopted: () => void }) {
  return (
    <Card title="Use what is on this computer">
      <ul className="grid gap-4">
        {found.map((one) => (
          <FoundItem key={one.id} found={one} onAdopted={onAdopted} />
        ))}
      </ul>
    </Card>
  );
}

function FoundItem({ found, onAdopted }: { found: Discovery; onAdopted: () => void }) {
  const queries = useQueryClient();
  const adopt = useMutation({
    mutationFn: async () => {
      const { connection, check, steps } = await daemon.keys.adopt({ discoveryId: found.id });
      if (connection !== null && found.hasKey) {
        // Nothing is said to be gone before SmartClaw has looked again.
        const adoption = adoptionOf(found, steps, await daemon.keys.discover());
        queries.setQueryData<Adoption>(adoptionKey, adoption);
      }
      return { connection, check };
    },
    onSuccess: ({ connection }) => connection !== null && onAdopted(),
  });
  const Icon = found.hasKey ? (found.source === "environment" ? KeyRound : FileKey) : Cpu;
  const label = found.label.replace(found.where, () => shortPath(found.where));
  return (
    <li className="grid gap-2">
      <div className="flex items-center gap-3">
        <Icon aria-hidden className="size-5 shrink-0 text-accent" />
        <div className="min-w-0 flex-1">
          <p className="text-sm font-medium wrap-anywhere">{label}</p>
          <p className="text-xs text-muted">{consequence(found)}</p>
        </div>
        <Button
          tone="primary"
          busy={adopt.isPending}
          onClick={() => adopt.mutate()}
          aria-label={`Use ${label}`}
        >
          {adopt.isPending ? "Checking …" : "Use"}
        </Button>
      </div>
      <CheckResult check={adopt.data?.check} />
      {adopt.error !== null && <FaultNotice fault={faultOf(adopt.error)} />}
    </li>
  );
}

function consequence({ hasKey, source, where, model }: Discovery): string {
  if (!hasKey) return `${model ?? "No model yet"}, at ${where}`;
  return source === "environment"
    ? "The key goes into the vault. The variable stays until you remove it from your shell's profile."
    : "The key moves into the vault and is removed from there.";
}
