import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useRef, useState } from "react";
import type { GuardianGrant } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { counted } from "../../lib/format.ts";
import { useStatus } from "../../lib/status.tsx";
import { Button, Card, Field, Select } from "../../ui/controls.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { useNow } from "../updates/use-now.ts";
import { AddGrantsDialog, EditGrantDialog, RenewGrantDialog } from "./grant-dialogs.tsx";
import { type GrantFilter, grantFilters, type GrantGroup, groupGrants } from "./grant-groups.ts";
import { GrantRow } from "./grant-row.tsx";
import { grantSentence, type TitleOf } from "./grant-words.ts";
import { useGrantChange, useGrants } from "./use-grants.ts";
import { visibleString } from "./visible-text.ts";

/** What was granted and forbidden, to be looked through, changed and taken back. */
export function GrantsCard() {
  const grants = useGrants();
  const titleOf = useTitles();
  const [text, setText] = useState("");
  const [filter, setFilter] = useState<GrantFilter>("all");
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<GuardianGrant | null>(null);
  const [renewing, setRenewing] = useState<GuardianGrant | null>(null);
  const [freeing, setFreeing] = useState<GuardianGrant | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const revoke = useGrantChange((change) => {
    if (change.type === "revoke") setSaid(`Revoked: ${visibleString(grantSentence(change.grant))}.`);
    // The row went with its button; a keyboard goes on from the list.
    list.current?.focus();
  });
  const all = grants.data;
  const groups = groupGrants(all ?? [], { text, filter });
  const found = groups.reduce((sum, group) => sum + group.grants.length, 0);
  const resting =
    all?.filter(({ standing }) => standing === "unused" || standing === "to-review").length ?? 0;
  return (
    <Card
      title="Grants"
      actions={
        <Button onClick={() => setAdding(true)}>
          <Plus aria-hidden className="size-4" /> Grant something
        </Button>
      }
    >
      <p role="status" className="sr-only">
        {said}
      </p>
      {grants.error !== null && <FaultNotice fault={faultOf(grants.error)} />}
      {revoke.error !== null && <FaultNotice fault={faultOf(revoke.error)} />}
      {all === undefined && grants.error === null && <p className="text-muted">Reading …</p>}
      {all?.length === 0 && (
        <p className="text-muted">
          Nothing is granted, so the assistant asks before everything that it does. A grant for what you allow
          again and again keeps questions few.
        </p>
      )}
      {all !== undefined && all.length > 0 && (
        <>
          <div className="mb-4 grid grid-cols-[minmax(0,2fr)_minmax(8.5rem,1fr)] gap-3">
            <Field
              label="Search"
              placeholder="Any word of it"
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
            <Select
              label="Show"
              value={filter}
              onChange={({ target }) => setFilter(target.value as GrantFilter)}
            >
              {Object.entries(grantFilters).map(([value, label]) => (
                <option key={value} value={value}>
                  {value === "review" && resting > 0 ? `${label} (${resting})` : label}
                </option>
              ))}
            </Select>
          </div>
          <div ref={list} tabIndex={-1} role="group" aria-label="Grants" className="grid gap-5 outline-none">
            {groups.map((group) => (
              <Group
                key={group.title}
                group={group}
                whole={text !== ""}
                titleOf={titleOf}
                busy={revoke.isPending}
                onRenew={setRenewing}
                onEdit={setEditing}
                onRevoke={(grant) =>
                  grant.effect === "deny" ? setFreeing(grant) : revoke.mutate({ type: "revoke", grant })
                }
              />
            ))}
          </div>
          <p aria-live="polite" className="mt-4 text-sm text-muted">
            {found === all.length ? counted(found, "grant") : `${found} of ${counted(all.length, "grant")}`}
          </p>
        </>
      )}
      <AddGrantsDialog open={adding} onClose={() => setAdding(false)} onDone={setSaid} />
      <EditGrantDialog grant={editing} onClose={() => setEditing(null)} onDone={setSaid} />
      <RenewGrantDialog grant={renewing} onClose={() => setRenewing(null)} onDone={setSaid} />
      <ConfirmDialog
        open={freeing !== null}
        title="Forbid this no longer?"
        text={
          freeing === null
            ? ""
            : `“${visibleString(grantSentence(freeing))}” ends now. What other grants allow of it can then be done without a question.`
        }
        action="Forbid no longer"
        onConfirm={() => freeing !== null && revoke.mutate({ type: "revoke", grant: freeing })}
        onClose={() => setFreeing(null)}
      />
    </Card>
  );
}

/** So many of a group are shown at first. */
const atFirst = 8;

function Group({
  group: { title, grants },
  whole,
  titleOf,
  busy,
  onRenew,
  onEdit,
  onRevoke,
}: {
  group: GrantGroup;
  /** Shows all of it, as what was looked for must not be folded away. */
  whole: boolean;
  titleOf: TitleOf;
  busy: boolean;
  onRenew: (grant: GuardianGrant) => void;
  onEdit: (grant: GuardianGrant) => void;
  onRevoke: (grant: GuardianGrant) => void;
}) {
  const id = useId();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const shown = whole || open ? grants : grants.slice(0, atFirst);
  return (
    <section aria-labelledby={id}>
      <h3 id={id} className="mb-2 flex items-baseline gap-2 text-sm font-semibold">
        {title} <span className="text-xs font-normal text-muted tabular-nums">{grants.length}</span>
      </h3>
      <ul className="divide-y divide-line border-t border-line pt-3">
        {shown.map((grant) => (
          <GrantRow
            key={grant.id}
            grant={grant}
            now={now}
            titleOf={titleOf}
            busy={busy}
            on={{
              renew: () => onRenew(grant),
              edit: () => onEdit(grant),
              revoke: () => onRevoke(grant),
            }}
          />
        ))}
      </ul>
      {!whole && grants.length > atFirst && (
        <Button tone="quiet" className="mt-2" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show fewer" : `Show all ${grants.length}`}
        </Button>
      )}
    </section>
  );
}

/** The titles of conversations, as the chat knows them. */
function useTitles(): TitleOf {
  const { status } = useStatus();
  const conversations = useQuery({
    queryKey: ["conversations"],
    queryFn: () => daemon.chat.list(),
    enabled: status?.openclaw.gateway.phase === "ready",
  });
  return (key) => conversations.data?.find(({ id }) => id === key)?.title ?? null;
}
