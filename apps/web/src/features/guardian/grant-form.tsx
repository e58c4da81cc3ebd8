import { useState } from "react";
import type { GrantScope, GuardianGrant, NewGuardianGrant } from "@smartclaw/contracts";
import { faultOf } from "../../lib/client.ts";
import { Button, Field, Select, Switch } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { type DurationName, durationOf, durations } from "./durations.ts";
import { callersOf, draftOf, emptyDraft, type GrantDraft, scopeOf } from "./grant-draft.ts";
import { grantParts } from "./grant-words.ts";
import type { useGrantChange } from "./use-grants.ts";
import { Parts } from "./visible.tsx";

const fields: Readonly<Record<GrantDraft["type"], { label: string; placeholder: string; hint: string }>> = {
  run: {
    label: "Program",
    placeholder: "git status",
    hint: "Its name and its first arguments. Quotes hold words together; nothing else is replaced.",
  },
  read: {
    label: "Folder or file",
    placeholder: "/home/you/Documents",
    hint: "The whole path. All that is in a folder is meant too.",
  },
  write: {
    label: "Folder or file",
    placeholder: "/home/you/project",
    hint: "The whole path. What may be written may be read.",
  },
  browse: {
    label: "Site",
    placeholder: "https://example.org",
    hint: "The pages of this very site. What they need of other hosts is granted by itself.",
  },
  reach: { label: "Host", placeholder: "example.org", hint: "This very host, to fetch from over https." },
};

const whoFor = { allow: "owner", deny: "everybody" } as const;
const lastingOf = { allow: "month", deny: "year" } as const;

/** What is forbidden to everybody cannot be allowed to everybody. */
function keepsCallers(edited: GuardianGrant | null, effect: GrantDraft["effect"]): boolean {
  return edited !== null && (effect === "deny" || edited.callers !== null);
}

function lastingLike(edited: GuardianGrant | null): DurationName {
  if (edited === null || edited.duration.kind !== "always") return "month";
  return edited.effect === "deny" ? "year" : "quarter";
}

/** One grant by its parts. @param edited the one that it replaces */
export function GrantForm({
  change,
  edited = null,
}: {
  change: ReturnType<typeof useGrantChange>;
  edited?: GuardianGrant | null;
}) {
  const [draft, setDraft] = useState<GrantDraft>(
    () => (edited === null ? null : draftOf(edited)) ?? emptyDraft,
  );
  const [duration, setDuration] = useState<DurationName>(() => lastingLike(edited));
  const [tried, setTried] = useState(false);
  const set = (part: Partial<GrantDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const scoped = scopeOf(draft);
  const { label, placeholder, hint } = fields[draft.type];
  const forbids = draft.effect === "deny";
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!("scope" in scoped)) return;
        const grant = grantOf(draft, scoped.scope, edited, duration);
        change.mutate(edited === null ? { type: "add", grant } : { type: "replace", old: edited.id, grant });
      }}
    >
      <div className="grid grid-cols-[2fr_3fr] gap-3">
        <Select
          label="Effect"
          value={draft.effect}
          onChange={({ target }) => {
            const effect = target.value as GrantDraft["effect"];
            // Nothing can be allowed to everybody, and what is forbidden is meant for all until somebody says otherwise.
            const who = draft.who === "same" && keepsCallers(edited, effect) ? "same" : whoFor[effect];
            set({ effect, who });
            setDuration(lastingOf[effect]);
          }}
        >
          <option value="allow">Allow</option>
          <option value="deny">Forbid</option>
        </Select>
        <Select
          label="What"
          value={draft.type}
          onChange={({ target }) => {
            set({ type: target.value as GrantDraft["type"], text: "" });
            setTried(false);
          }}
        >
          <option value="run">Run</option>
          <option value="read">Read</option>
          <option value="write">Write</option>
          <option value="reach">Fetch</option>
          <option value="browse">Browse</option>
        </Select>
      </div>
      <Field
        label={label}
        required
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={4096}
        placeholder={placeholder}
        hint={hint}
        value={draft.text}
        onChange={({ target }) => set({ text: target.value })}
      />
      {draft.type === "browse" && (
        <Select
          label={forbids ? "From where on" : "How far"}
          value={draft.may}
          onChange={({ target }) => set({ may: target.value as GrantDraft["may"] })}
        >
          <option value="read">Read pages</option>
          <option value="act">Click and type</option>
          <option value="script">Run scripts</option>
        </Select>
      )}
      {draft.type === "run" && (
        <Switch
          label="Further arguments may follow"
          hint={
            forbids
              ? "Whatever they are."
              : "Only such as are data for the program: none that make it run or write something else."
          }
          checked={draft.rest}
          onChange={(rest) => set({ rest })}
        />
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label="Who"
          value={draft.who}
          onChange={({ target }) => set({ who: target.value as GrantDraft["who"] })}
        >
          {keepsCallers(edited, draft.effect) && <option value="same">The same as before</option>}
          <option value="owner">You</option>
          <option value="job">A scheduled job</option>
          {forbids && <option value="everybody">Everybody</option>}
        </Select>
        <Select
          label="How long"
          value={duration}
          onChange={({ target }) => setDuration(target.value as DurationName)}
        >
          {Object.entries(durations).map(([name, { label, always }]) =>
            forbids && always ? (
              name === "year" && (
                <option key={name} value={name}>
                  Always
                </option>
              )
            ) : (
              <option key={name} value={name}>
                {label}
              </option>
            ),
          )}
        </Select>
      </div>
      {draft.who === "job" && (
        <Field
          label="Name of the job"
          required
          autoComplete="off"
          pattern="[!-~]{1,200}"
          placeholder="backup"
          value={draft.job}
          onChange={({ target }) => set({ job: target.value })}
        />
      )}
      <p
        role="status"
        className={`min-h-11 rounded-xl px-4 py-2.5 text-sm wrap-anywhere ${forbids ? "bg-danger-soft" : "bg-accent-soft"}`}
      >
        {"scope" in scoped ? (
          <Parts parts={grantParts({ effect: draft.effect, scope: scoped.scope })} />
        ) : (
          <span className="text-muted">What it gives stands here before it is given.</span>
        )}
      </p>
      {tried && "fault" in scoped && (
        <FaultNotice fault={{ message: "This is no grant yet.", next: scoped.fault }} />
      )}
      {change.error !== null && <FaultNotice fault={faultOf(change.error)} />}
      <Button type="submit" tone="primary" busy={change.isPending}>
        {edited === null ? (forbids ? "Forbid this" : "Grant this") : "Replace it"}
      </Button>
    </form>
  );
}

function grantOf(
  draft: GrantDraft,
  scope: GrantScope,
  edited: GuardianGrant | null,
  duration: DurationName,
): NewGuardianGrant {
  const callers = callersOf(draft, edited?.callers ?? null);
  return {
    effect: draft.effect,
    scope,
    callers: callers === null ? null : [...callers],
    duration: durationOf(duration, Date.now()),
  };
}
