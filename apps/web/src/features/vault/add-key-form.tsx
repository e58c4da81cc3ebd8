import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { ConnectionCheck, ConnectionKind } from "@smartclaw/contracts";
import { connectionKind } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Button, Field, Select } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { kindLabels, providerOfKey } from "./key-provider.ts";

/** Adds a connection. The key goes from the field to the daemon and is not kept in the page. */
export function AddKeyForm({ onAdded, submit = "Check and save" }: { onAdded: () => void; submit?: string }) {
  const queries = useQueryClient();
  const [kind, setKind] = useState<ConnectionKind>("openai");
  const form = useRef<HTMLFormElement>(null);
  const add = useMutation({
    mutationFn: (data: FormData) => {
      const text = (name: string): string | undefined => formText(data, name) || undefined;
      const optional = Object.fromEntries(
        [
          ["key", text("key")],
          ["baseUrl", text("baseUrl")],
          ["model", text("model")],
        ].filter(([, value]) => value !== undefined),
      ) as { key?: string; baseUrl?: string; model?: string };
      return daemon.keys.add({ kind, ...optional });
    },
    onSuccess: async ({ connection }) => {
      form.current?.reset();
      if (connection === null) return;
      await queries.invalidateQueries({ queryKey: ["connections"] });
      onAdded();
    },
    gcTime: 0,
  });
  const needsKey = kind === "openai" || kind === "anthropic" || kind === "google";
  const keyless = kind === "ollama" || kind === "lmstudio";
  return (
    <form
      ref={form}
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(new FormData(event.currentTarget));
      }}
    >
      {!keyless && (
        <Field
          label="API key"
          name="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required={needsKey}
          placeholder="Paste the key"
          hint="It goes into the vault on this computer, sealed. OpenClaw never sees it."
          onChange={(event) => {
            const guessed = providerOfKey(event.target.value);
            if (guessed !== null && kind !== "compatible") setKind(guessed);
          }}
        />
      )}
      <Select
        label="Provider"
        name="kind"
        value={kind}
        onChange={(event) => setKind(connectionKind.parse(event.target.value))}
      >
        {connectionKind.options.map((one) => (
          <option key={one} value={one}>
            {kindLabels[one]}
          </option>
        ))}
      </Select>
      {(kind === "compatible" || keyless) && (
        <Field
          label="Address"
          name="baseUrl"
          type="url"
          required={kind === "compatible"}
          placeholder={keyless ? "The usual one" : "https://example.org/v1"}
          hint="The base URL, as the provider's documentation gives it."
        />
      )}
      <Field
        label="Model"
        name="model"
        autoComplete="off"
        placeholder="The provider's usual one"
        hint="Leave empty to let SmartClaw choose."
      />
      <CheckResult check={add.data?.check} />
      {add.error !== null && <FaultNotice fault={faultOf(add.error)} />}
      <Button type="submit" tone="primary" busy={add.isPending}>
        {add.isPending ? "Asking the model for one answer …" : submit}
      </Button>
    </form>
  );
}

export function CheckResult({ check }: { check: ConnectionCheck | undefined }) {
  if (check === undefined) return null;
  if (!check.ok) return <FaultNotice fault={check.error} />;
  return (
    <p role="status" className="rounded-xl bg-good-soft px-4 py-3 text-sm text-good">
      It works: {check.model} answered in {Math.round(check.milliseconds)} ms.
    </p>
  );
}
