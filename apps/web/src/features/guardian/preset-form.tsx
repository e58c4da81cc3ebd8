import { useState } from "react";
import type { GrantPreset } from "@smartclaw/contracts";
import { faultOf } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { Badge, Button, Field } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { folderOf } from "./grant-draft.ts";
import type { useGrantChange } from "./use-grants.ts";

const presets: readonly { readonly name: GrantPreset; readonly title: string; readonly text: string }[] = [
  {
    name: "look",
    title: "Look",
    text: "Reads what is in the folder, with programs that show, search and compare. Reviewed in 90 days.",
  },
  {
    name: "work",
    title: "Work in a folder",
    text: "Looks, and for 30 days makes, edits, moves and removes files in the folder, and nowhere else.",
  },
  {
    name: "build",
    title: "Build",
    text: "Works, and for 7 days builds and tests. Whatever the project’s code says is done; only the sandbox holds it in.",
  },
];

/** Some grants at once, for a folder. */
export function PresetForm({ change }: { change: ReturnType<typeof useGrantChange> }) {
  const [chosen, setChosen] = useState<GrantPreset>("look");
  const [invalid, setInvalid] = useState(false);
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const folder = folderOf(formText(event.currentTarget, "folder"));
        setInvalid(folder === null);
        if (folder !== null) change.mutate({ type: "preset", preset: chosen, folder });
      }}
    >
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-sm font-medium">What it may do</legend>
        {presets.map(({ name, title, text }) => (
          <label
            key={name}
            className={`flex cursor-pointer gap-3 rounded-xl border px-4 py-3 ${chosen === name ? "border-accent bg-accent-soft" : "border-line hover:bg-sunken"}`}
          >
            <input
              type="radio"
              name="preset"
              className="mt-1 size-4 shrink-0 accent-(--accent)"
              checked={chosen === name}
              onChange={() => setChosen(name)}
            />
            <span className="min-w-0 text-sm">
              <span className="flex flex-wrap items-center gap-2 font-medium">
                {title} {name === "build" && <Badge tone="warn">runs the project’s own code</Badge>}
              </span>
              <span className={chosen === name ? "text-ink" : "text-muted"}>{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Field
        label="Folder"
        name="folder"
        required
        autoComplete="off"
        spellCheck={false}
        maxLength={4096}
        placeholder="/home/you/project"
        hint="The whole path. All that is in it is meant too."
      />
      {invalid && (
        <FaultNotice
          fault={{
            message: "This is not a whole path.",
            next: "Begin it with a slash, like /home/you/project.",
          }}
        />
      )}
      {change.error !== null && <FaultNotice fault={faultOf(change.error)} />}
      <Button type="submit" tone="primary" busy={change.isPending}>
        Grant this
      </Button>
    </form>
  );
}
