import {
  Ban,
  Check,
  ChevronRight,
  FilePen,
  FileSearch,
  Globe,
  type LucideIcon,
  PanelTop,
  Pencil,
  RotateCcw,
  Terminal,
  Trash2,
  Undo2,
  Users,
  X,
} from "lucide-react";
import type { GrantScope, GuardianGrant } from "@smartclaw/contracts";
import { Badge, Button, IconButton } from "../../ui/controls.tsx";
import { draftOf } from "./grant-draft.ts";
import {
  callerParts,
  durationWords,
  grantParts,
  grantSentence,
  standingWords,
  type TitleOf,
  useWords,
} from "./grant-words.ts";
import { visibleString } from "./visible-text.ts";
import { Parts, Visible } from "./visible.tsx";
import { plain, sentenceParts } from "./words.ts";

const icons: Readonly<Record<GrantScope["type"], LucideIcon>> = {
  run: Terminal,
  read: FileSearch,
  write: FilePen,
  reach: Globe,
  browse: PanelTop,
  tool: Users,
  undo: Undo2,
};

/** A grant in words, whether it counts, and what can be made of it. */
export function GrantRow({
  grant,
  now,
  titleOf,
  busy,
  on,
}: {
  grant: GuardianGrant;
  now: number;
  titleOf: TitleOf;
  busy: boolean;
  on: { readonly renew: () => void; readonly edit: () => void; readonly revoke: () => void };
}) {
  const Icon = grant.effect === "deny" ? Ban : icons[grant.scope.type];
  const standing = standingWords(grant, now);
  const said = visibleString(grantSentence(grant));
  const renewable = grant.standing === "unused" || grant.standing === "to-review";
  const { allows, refuses } = grant.examples;
  // A grant for a conversation says with its time whose it is.
  const who = grant.duration.kind === "session" ? [] : [callerParts(grant.callers, titleOf)];
  const facts = [durationWords(grant, now, titleOf), useWords(grant, now)].map((text) => [plain(text)]);
  const meta = [...who, ...facts].flatMap((parts, index) =>
    index === 0 ? sentenceParts(parts) : [plain(" · "), ...parts],
  );
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-3 sm:grid-cols-[auto_minmax(0,1fr)_auto_auto] py-3 first:pt-0 last:pb-0">
      <Icon
        aria-hidden
        className={`mt-0.5 size-4.5 ${grant.effect === "deny" ? "text-danger" : standing === null ? "text-accent" : "text-muted"}`}
      />
      <details className="group min-w-0 text-sm">
        <summary className="cursor-pointer list-none rounded-md">
          <span className={`block wrap-anywhere ${standing === null ? "" : "text-muted"}`}>
            <span className="font-medium">
              <Parts parts={grantParts(grant)} />
            </span>{" "}
            {standing !== null && <Badge tone={renewable ? "warn" : "plain"}>{standing.word}</Badge>}
          </span>
          <span className="mt-0.5 block text-xs text-muted wrap-anywhere">
            <Parts parts={meta} />
            {" · "}
            <span className="inline-flex items-center whitespace-nowrap text-accent">
              examples
              <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
            </span>
          </span>
        </summary>
        <div className="mt-2 grid gap-2 max-sm:-mr-21 rounded-xl bg-sunken px-4 py-3">
          {standing !== null && <p>{standing.why}</p>}
          {grant.effect === "deny" ? (
            // What it would not cover is said of a grant that allows: other grants may still forbid that.
            <Examples title="Forbids" of={allows} good={false} />
          ) : (
            <>
              <Examples title="Allows" of={allows} good />
              <Examples title="Does not allow" of={refuses} good={false} />
            </>
          )}
          {allows.length + refuses.length === 0 && <p className="text-muted">There are no examples.</p>}
        </div>
      </details>
      {renewable && (
        <Button
          className="justify-self-start max-sm:col-start-2 max-sm:row-start-2 max-sm:mt-2 sm:-mt-1"
          onClick={on.renew}
          aria-label={`Renew: ${said}`}
        >
          <RotateCcw aria-hidden className="size-4" /> Renew
        </Button>
      )}
      <span className="-mt-1.5 flex sm:col-start-4">
        {draftOf(grant) !== null && grant.standing !== "void" && (
          <IconButton label={`Edit: ${said}`} disabled={busy} onClick={on.edit}>
            <Pencil aria-hidden className="size-4" />
          </IconButton>
        )}
        <IconButton label={`Revoke: ${said}`} disabled={busy} onClick={on.revoke}>
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </span>
    </li>
  );
}

export function Examples({ title, of, good }: { title: string; of: readonly string[]; good: boolean }) {
  if (of.length === 0) return null;
  const Icon = good ? Check : X;
  return (
    <div>
      <h4 className="text-xs font-semibold text-muted">{title}</h4>
      <ul>
        {of.map((example, index) => (
          <li key={index} className="flex items-start gap-2">
            <Icon aria-hidden className={`mt-1 size-3.5 shrink-0 ${good ? "text-good" : "text-danger"}`} />
            <code className="min-w-0 font-mono text-xs leading-5.5 whitespace-break-spaces wrap-anywhere">
              <Visible text={example} />
            </code>
          </li>
        ))}
      </ul>
    </div>
  );
}
