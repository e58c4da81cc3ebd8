import { useMutation } from "@tanstack/react-query";
import {
  CircleHelp,
  CodeXml,
  Download,
  FilePen,
  FileSearch,
  type LucideIcon,
  Minus,
  MousePointerClick,
  PanelTop,
  Terminal,
  Trash2,
  TriangleAlert,
  Upload,
  Users,
} from "lucide-react";
import { type KeyboardEvent, type MouseEvent, type RefObject, useEffect, useId, useRef } from "react";
import type { ActionEffect, GuardianAnswer, GuardianRequest } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { counted, shortMoment } from "../../lib/format.ts";
import { Badge, type BadgeTone, Button, IconButton } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { ExactText } from "./exact-text.tsx";
import { grantParts } from "./grant-words.ts";
import { choicesOf, effectWords, requestParts, riskWords, sizeWords } from "./request-words.ts";
import { ScrollBox } from "./scroll-box.tsx";
import { isTyping } from "./typing.ts";
import { useAwake } from "./use-awake.ts";
import { hiddenCount } from "./visible-text.ts";
import { Parts, Visible } from "./visible.tsx";
import { sentence } from "./words.ts";

const icons: Readonly<Record<ActionEffect["kind"], LucideIcon>> = {
  run: Terminal,
  read: FileSearch,
  write: FilePen,
  remove: Trash2,
  fetch: Download,
  send: Upload,
  browse: PanelTop,
  act: MousePointerClick,
  script: CodeXml,
  call: Users,
  unknown: CircleHelp,
};
const chipTones: Readonly<Record<BadgeTone, string>> = {
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
  plain: "bg-sunken text-ink",
};

/**
 * One action that waits for the owner's word, on one screen: who asks, what, the exact text, why, and the answers. Give
 * it the request's id and hash as its `key`: another request is another card, which has to wake again.
 */
export function RequestCard({
  request,
  place,
  className = "",
  onFold,
}: {
  request: GuardianRequest;
  /** `1 of 3`; empty for the only one. */
  place: string;
  className?: string;
  onFold?: () => void;
}) {
  const id = useId();
  const card = useRef<HTMLElement>(null);
  const deny = useRef<HTMLButtonElement>(null);
  const { awake, isAwakeNow } = useAwake(card);
  const answer = useMutation({
    mutationFn: (answer: GuardianAnswer["answer"]) =>
      daemon.guardian.answer({ id: request.id, hash: request.hash, answer }),
  });
  useFocusOnDeny(deny);
  const risk = riskWords[request.risk];
  const size = sizeWords(request.text);
  const hidden = hiddenCount(request.text);
  const answered = answer.isPending || answer.isSuccess;
  const press = (event: MouseEvent, choice: GuardianAnswer["answer"]): void => {
    // What a script sends is not the owner's hand, and the second half of a double click was meant for what is gone.
    if (!event.nativeEvent.isTrusted || event.detail > 1 || answered) return;
    if (choice === "deny" || isAwakeNow()) answer.mutate(choice);
  };
  const edge = {
    green: "border-line",
    blue: "border-line",
    amber: "border-warn/60",
    red: "border-danger/70",
  };
  return (
    <section
      ref={card}
      aria-labelledby={`${id}-title`}
      className={`flex min-h-0 flex-col rounded-card border bg-surface ${edge[request.risk]} ${className}`}
    >
      <header className="px-5 pt-4">
        <div className="flex items-start justify-between gap-3 text-sm text-muted">
          <p id={`${id}-asks`} className="min-w-0 wrap-anywhere">
            <Visible text={request.asks} />
          </p>
          <div className="flex shrink-0 items-center gap-2">
            {place !== "" && <span className="text-xs tabular-nums">{place}</span>}
            <Badge tone={risk.tone}>{risk.word}</Badge>
            {onFold !== undefined && (
              <IconButton label="Decide later" className="-my-2 -mr-2" onClick={onFold}>
                <Minus aria-hidden className="size-4" />
              </IconButton>
            )}
          </div>
        </div>
        <h2 id={`${id}-title`} className="leading-snug font-semibold wrap-anywhere">
          <Parts parts={requestParts(request)} />
        </h2>
      </header>

      <ScrollBox label="The request" className="flex min-h-0 flex-col px-5 py-3">
        {request.effects.length > 0 && (
          <ScrollBox label="What it would do" className="mb-3 max-h-[min(5rem,12dvh)] shrink-0 sm:max-h-28">
            <ul className="flex flex-wrap gap-1.5">
              {request.effects.map((effect, index) => (
                <EffectChip key={index} effect={effect} />
              ))}
            </ul>
          </ScrollBox>
        )}
        <div className="mb-1.5 flex shrink-0 flex-wrap items-baseline justify-between gap-x-4 text-xs text-muted">
          <span className="min-w-0 wrap-anywhere">
            Exactly this, in{" "}
            <span className="font-mono">
              <Visible text={request.folder} />
            </span>
          </span>
          {size !== null && <span className="tabular-nums">{size}</span>}
        </div>
        <ExactText
          text={request.text}
          className={`shrink ${size === null ? "min-h-11.5" : "min-h-[min(8rem,16dvh)]"}`}
        />
        {hidden > 0 && (
          <p className="mt-1.5 flex shrink-0 items-start gap-1.5 text-xs text-warn">
            <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
            {counted(hidden, "invisible character")}, shown as {hidden === 1 ? "a code" : "codes"}
          </p>
        )}
        <ScrollBox label="Why it asks" className="mt-3 max-h-32 min-h-11 shrink text-sm">
          <Why request={request} />
        </ScrollBox>
        {answer.error !== null && (
          <div className="mt-3 shrink-0">
            <FaultNotice fault={faultOf(answer.error)} />
          </div>
        )}
      </ScrollBox>

      <footer className="border-t border-line px-5 py-3.5">
        <div className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
          {choicesOf(request).map(({ answer: choice, label }) => {
            const asleep = answered || (choice !== "deny" && !awake);
            return (
              <Button
                key={choice}
                ref={choice === "deny" ? deny : undefined}
                tone={choice === "deny" ? "primary" : request.risk === "red" ? "danger" : "plain"}
                aria-disabled={asleep}
                aria-describedby={choice === "deny" ? `${id}-asks ${id}-title` : `${id}-until`}
                className={`min-h-11 scroll-mb-24 aria-disabled:cursor-default aria-disabled:opacity-55 ${choice === "session" ? "col-span-2" : "sm:min-w-28"}`}
                onClick={(event) => press(event, choice)}
                onKeyDown={ignoreHeldKey}
              >
                {label}
              </Button>
            );
          })}
        </div>
        <p id={`${id}-until`} className="mt-2 text-xs text-muted">
          Asked {shortMoment(request.at, request.at)} · denied {shortMoment(request.expiresAt, request.at)}{" "}
          without an answer
        </p>
      </footer>
    </section>
  );
}

function EffectChip({ effect: { kind, what } }: { effect: ActionEffect }) {
  const { verb, tone } = effectWords[kind];
  const Icon = icons[kind];
  return (
    <li
      className={`inline-flex max-w-full items-start gap-1.5 rounded-lg px-2 py-1 text-xs ${chipTones[tone]}`}
    >
      <Icon aria-hidden className="mt-px size-3.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium">{verb}</span>{" "}
        <span className="font-mono">
          <Visible text={what} />
        </span>
      </span>
    </li>
  );
}

function Why({ request: { reasons, forSession, risk } }: { request: GuardianRequest }) {
  return (
    <div className="grid gap-2">
      {reasons.length > 0 && (
        <div>
          <h3 className="text-xs font-semibold text-muted">Why it asks</h3>
          <ul className={reasons.length > 1 ? "list-disc pl-4.5" : ""}>
            {reasons.map((reason, index) => (
              <li key={index} className="wrap-anywhere">
                <Visible text={sentence(reason)} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {risk === "red" ? (
        <p className="text-danger">
          This can do harm that cannot be taken back, so it is never allowed for longer than once.
        </p>
      ) : (
        forSession !== null &&
        forSession.length > 0 && (
          <div>
            <h3 className="text-xs font-semibold text-muted">What the longer permission would cover</h3>
            <ul className={forSession.length > 1 ? "list-disc pl-4.5" : ""}>
              {forSession.map((scope, index) => (
                <li key={index} className="wrap-anywhere">
                  <Parts parts={grantParts({ effect: "allow", scope })} />
                </li>
              ))}
            </ul>
          </div>
        )
      )}
    </div>
  );
}

/** A key that is held down answered the card before this one. */
function ignoreHeldKey(event: KeyboardEvent): void {
  if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
}

/** Deny has the focus, unless somebody is typing; the focus goes back when it is lost with the card. */
function useFocusOnDeny(button: RefObject<HTMLButtonElement | null>): void {
  useEffect(() => {
    if (isTyping()) return;
    const before = document.activeElement;
    button.current?.focus();
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, [button]);
}
