import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LockKeyhole, MonitorSmartphone, Network } from "lucide-react";
import { daemon } from "../../lib/client.ts";
import { useStatus } from "../../lib/status.tsx";
import { Card } from "../../ui/controls.tsx";
import { InstallCard } from "../openclaw/install-card.tsx";
import { AddKeyForm } from "../vault/add-key-form.tsx";
import { FoundCard } from "../vault/found-card.tsx";
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
  const discoveries = useQuery({
    queryKey: ["discoveries"],
    queryFn: () => daemon.keys.discover(),
    enabled: ready,
  });
  const found = discoveries.data ?? [];
  const done = (): void => void queries.invalidateQueries({ queryKey: ["connections"] });
  return (
    <div className="mx-auto grid w-full max-w-5xl gap-8 px-4 pt-8 pb-24 sm:px-8 lg:grid-cols-[1fr_27rem] lg:grid-rows-[auto_1fr] lg:pt-16">
      <div>
        <img src="/logo.svg" alt="" className="mb-6 size-14" />
        <h1 className="text-3xl font-semibold sm:text-4xl">Your assistant, on your computer.</h1>
        <p className="mt-4 max-w-lg text-lg text-muted">
          SmartClaw runs OpenClaw locked down and in private. Choose the model it shall think with, and begin.
        </p>
      </div>
      {/* Before the promises, so that on a phone what there is to do comes first. */}
      <div className="grid content-start gap-5 lg:col-start-2 lg:row-span-2 lg:row-start-1">
        {status !== null && <VaultGate vault={status.vault} />}
        {ready && (
          <>
            {found.length > 0 && <FoundCard found={found} onAdopted={done} />}
            <Card title={found.length > 0 ? "Or paste a key" : "Paste a key to begin"}>
              <AddKeyForm submit="Check and begin" onAdded={done} />
            </Card>
          </>
        )}
      </div>
      <div className="grid content-start gap-8">
        <ul className="grid gap-4">
          {promises.map(({ icon: Icon, text }) => (
            <li key={text} className="flex items-center gap-3">
              <span className="grid size-9 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent">
                <Icon aria-hidden className="size-4.5" />
              </span>
              <span>{text}</span>
            </li>
          ))}
        </ul>
        <InstallCard />
      </div>
    </div>
  );
}
