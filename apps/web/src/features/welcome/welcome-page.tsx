import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Cpu, FileKey, KeyRound, LockKeyhole, MonitorSmartphone, Network } from "lucide-react";
import type { Discovery } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { InstallCard } from "../openclaw/install-card.tsx";
import { AddKeyForm, CheckResult } from "../vault/add-key-form.tsx";
import { VaultGate } from "../vault/vault-gate.tsx";

const promises = [
  { icon: LockKeyhole, text: "Keys are sealed on this computer, opened by its own keystore." },
  { icon: MonitorSmartphone, text: "OpenClaw listens on 127.0.0.1 only and never holds a key." },
  { icon: Network, text: "Every connection is written down where you can see it." },
] as const;

/** The first page: from nothing to a checked model in one click, while OpenClaw installs itself beside. */
export function WelcomePage() {
  const { status } = useStatus();
  const queries = useQueryClient();
  const ready = status?.vault.state === "ready";
  const found = useQuery({
    queryKey: ["discoveries"],
    queryFn: () => daemon.keys.discover(),
    enabled: ready,
  });
  const done = (): Promise<void> => queries.invalidateQueries({ queryKey: ["connections"] });
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-8 px-4 pt-8 pb-24 sm:px-8 lg:grid-cols-[1fr_27rem] lg:pt-16">
      <div>
        <img src="/logo.svg" alt="" className="mb-6 size-14" />
        <h1 className="text-3xl font-semibold sm:text-4xl">Your assistant, on your computer.</h1>
        <p className="mt-4 max-w-lg text-lg text-muted">
          SmartClaw runs OpenClaw locked down and in private. Choose the model it shall think with, and begin.
        </p>
        <ul className="mt-8 grid gap-4">
          {promises.map(({ icon: Icon, text }) => (
            <li key={text} className="flex items-center gap-3">
              <span className="grid size-9 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent">
                <Icon aria-hidden className="size-4.5" />
              </span>
              <span>{text}</span>
            </li>
          ))}
        </ul>
        <div className="mt-8">
          <InstallCard />
        </div>
      </div>
      <div className="grid content-start gap-5">
        {status !== null && <VaultGate vault={status.vault} />}
        {ready && (
          <>
            {(found.data?.length ?? 0) > 0 && (
              <Card title="Use what is on this computer">
                <ul className="grid gap-3">
                  {found.data?.map((one) => (
                    <FoundItem key={one.id} found={one} onAdopted={() => void done()} />
                  ))}
                </ul>
              </Card>
            )}
            <Card title={(found.data?.length ?? 0) > 0 ? "Or paste a key" : "Paste a key to begin"}>
              <AddKeyForm submit="Check and begin" onAdded={() => void done()} />
            </Card>
          </>
        )}
      </div>
    </div>
  );
}

function FoundItem({ found, onAdopted }: { found: Discovery; onAdopted: () => void }) {
  const adopt = useMutation({
    mutationFn: () => daemon.keys.adopt({ discoveryId: found.id }),
    onSuccess: ({ connection }) => connection !== null && onAdopted(),
  });
  const Icon = found.hasKey ? (found.source === "environment" ? KeyRound : FileKey) : Cpu;
  return (
    <li className="grid gap-2">
      <div className="flex items-center gap-3">
        <Icon aria-hidden className="size-5 shrink-0 text-accent" />
        <div className="min-w-0 flex-1">
          <p className="text-sm font-medium break-words">{found.label}</p>
          <p className="text-xs text-muted">
            {found.hasKey ? "The key moves into the vault and is removed from there." : (found.model ?? "")}
          </p>
        </div>
        <Button
          tone="primary"
          busy={adopt.isPending}
          onClick={() => adopt.mutate()}
          aria-label={`Use ${found.label}`}
        >
          {adopt.isPending ? "Checking …" : "Use"}
        </Button>
      </div>
      <CheckResult check={adopt.data?.check} />
      {adopt.error !== null && <FaultNotice fault={faultOf(adopt.error)} />}
    </li>
  );
}
