import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Settings } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { signOut } from "../../lib/session.ts";
import { useStatus } from "../../lib/status.tsx";
import { currentTheme, setTheme, type Theme } from "../../lib/theme.ts";
import { Button, Card, Field, Page, Switch } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { shortcuts } from "../../app/shortcuts.ts";

const themes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function SettingsPage() {
  const queries = useQueryClient();
  const { status } = useStatus();
  const [theme, choose] = useState(currentTheme());
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => daemon.settings.get() });
  const save = useMutation({
    mutationFn: (change: Partial<Settings>) => daemon.settings.set(change),
    onSuccess: (next) => queries.setQueryData(["settings"], next),
  });
  const lock = useMutation({ mutationFn: () => daemon.vault.lock() });
  return (
    <Page title="Settings">
      <Card title="Appearance">
        <fieldset className="grid grid-cols-3 gap-2">
          <legend className="sr-only">Theme</legend>
          {themes.map(({ value, label }) => (
            <label
              key={value}
              className={`flex min-h-11 cursor-pointer items-center justify-center gap-2 rounded-xl border px-3 text-sm ${theme === value ? "border-accent bg-accent-soft" : "border-line"}`}
            >
              <input
                type="radio"
                name="theme"
                className="accent-(--accent)"
                checked={theme === value}
                onChange={() => {
                  setTheme(value);
                  choose(value);
                }}
              />
              {label}
            </label>
          ))}
        </fieldset>
      </Card>
      {settings.data !== undefined && (
        <Card title="Starting">
          <div className="grid gap-5">
            <Switch
              label="Start with the computer"
              hint="As a service of your user, without administrator rights."
              checked={settings.data.startAtLogin}
              onChange={(startAtLogin) => save.mutate({ startAtLogin })}
            />
            <Switch
              label="Open the browser at start"
              checked={settings.data.openBrowserAtStart}
              onChange={(openBrowserAtStart) => save.mutate({ openBrowserAtStart })}
            />
            <Field
              label="Days that the network ledger is kept"
              type="number"
              min={1}
              max={3650}
              defaultValue={settings.data.ledgerDays}
              className="max-w-xs"
              onBlur={(event) => {
                const ledgerDays = Number(event.target.value);
                if (event.target.validity.valid && ledgerDays !== settings.data.ledgerDays)
                  save.mutate({ ledgerDays });
              }}
            />
          </div>
        </Card>
      )}
      {save.error !== null && <FaultNotice fault={faultOf(save.error)} />}
      <Card title="Security">
        <div className="flex flex-wrap gap-3">
          <Button
            disabled={status?.vault.state !== "ready"}
            busy={lock.isPending}
            onClick={() => lock.mutate()}
          >
            Lock the vault now
          </Button>
          <Button onClick={() => void signOut()}>Sign this browser out</Button>
        </div>
      </Card>
      <Card title="Keyboard">
        <dl className="grid grid-cols-[8rem_1fr] gap-y-1 text-sm">
          {shortcuts.map(({ keys, text }) => (
            <div key={keys} className="contents">
              <dt>
                <kbd className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-xs">{keys}</kbd>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title="About">
        <p className="text-sm text-muted">
          SmartClaw {status?.smartclaw.version} with OpenClaw{" "}
          {status?.openclaw.gateway.version ?? "not running"}. No telemetry, no account needed. Apache-2.0.
        </p>
      </Card>
    </Page>
  );
}
