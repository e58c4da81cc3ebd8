import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { UpdateStatus } from "@smartclaw/contracts";
import { faultOf } from "../../lib/client.ts";
import { Card, Field, IconButton, Switch } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { useChange } from "./use-change.ts";

/** What may be installed, and when. */
export function UpdateSettingsCard({ updates: { component, settings, live } }: { updates: UpdateStatus }) {
  const change = useChange(component);
  const [invalid, setInvalid] = useState(false);
  const { automatic, held, pinned, skipped, coolDownHours } = settings;
  const pin = pinned ?? live;
  return (
    <Card title="What is installed">
      <div className="grid gap-5">
        <Switch
          label="Update automatically"
          hint="SmartClaw looks 3 minutes after its start and every 6 hours. It fetches nothing over a metered connection or with less than 30 % of battery."
          checked={automatic}
          onChange={(automatic) => change.mutate({ automatic })}
        />
        {(live !== null || held) && (
          <Switch
            label={`Hold at ${live ?? "no version"}`}
            hint="Nothing is installed until you take this back."
            checked={held}
            onChange={(held) => change.mutate({ held })}
          />
        )}
        {pin !== null && (
          <Switch
            label={`Pin to ${pin}`}
            hint="This version may be installed, and no other."
            checked={pinned !== null}
            onChange={(on) => change.mutate({ pinned: on ? pin : null })}
          />
        )}
        <Field
          // Follows a change that was made elsewhere.
          key={coolDownHours}
          label="Hours that a new version waits"
          hint="A bad one is usually found out in that time."
          type="number"
          min={0}
          max={720}
          required
          defaultValue={coolDownHours}
          className="max-w-xs"
          onBlur={({ target }) => {
            setInvalid(!target.validity.valid);
            if (target.validity.valid && target.valueAsNumber !== coolDownHours)
              change.mutate({ coolDownHours: target.valueAsNumber });
          }}
        />
        {invalid && (
          <FaultNotice
            fault={{ message: "This is no number of hours.", next: "Write a whole number from 0 to 720." }}
          />
        )}
        {change.error !== null && <FaultNotice fault={faultOf(change.error)} />}
      </div>
      {skipped.length > 0 && (
        <>
          <h3 id="skipped-versions" className="mt-5 mb-2 text-sm font-semibold">
            Skipped versions
          </h3>
          <ul aria-labelledby="skipped-versions" className="grid gap-2">
            {skipped.map((version) => (
              <li
                key={version}
                className="flex items-center justify-between rounded-xl bg-sunken px-4 py-1 text-sm"
              >
                {version}
                <IconButton
                  label={`Skip ${version} no longer`}
                  onClick={() => change.mutate({ skipped: skipped.filter((one) => one !== version) })}
                >
                  <Trash2 aria-hidden className="size-4" />
                </IconButton>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
