import { Bell, BellOff, BellRing } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { GuardianRequest } from "@smartclaw/contracts";
import { Button, Card } from "../../ui/controls.tsx";
import { useNoticePermission } from "./desktop-notice.ts";
import { RequestCard } from "./request-card.tsx";
import { oldestFirst, requestParts, riskWords } from "./request-words.ts";
import { visibleString } from "./visible-text.ts";
import { Parts, Visible } from "./visible.tsx";
import { textOf } from "./words.ts";

/** From here on somebody who is asked stops reading. */
const manyQuestions = 20;

/** What waits for the owner's word: one request in full, so that a decision needs one screen, and the others in a line. */
export function WaitingCard({
  waiting,
  questionsToday,
}: {
  waiting: readonly GuardianRequest[];
  questionsToday: number;
}) {
  const [chosen, setChosen] = useState<string | null>(null);
  const queue = oldestFirst(waiting);
  const request = queue.find(({ id }) => id === chosen) ?? queue[0];
  const empty = useRef<HTMLParagraphElement>(null);
  const before = useRef(request);
  useEffect(() => {
    // With the last card its button went; a keyboard goes on from here.
    if (before.current !== undefined && request === undefined && document.activeElement === document.body)
      empty.current?.focus();
    before.current = request;
  }, [request]);
  const others = queue.filter((one) => one !== request);
  return (
    <div className="grid grid-cols-1 gap-3">
      {request !== undefined && (
        <RequestCard
          key={`${request.id} ${request.hash}`}
          request={request}
          place={queue.length > 1 ? `${queue.indexOf(request) + 1} of ${queue.length}` : ""}
          className="max-h-[max(21rem,calc(100dvh-10rem))] shadow-md md:max-h-[min(44rem,calc(100dvh-9rem))]"
        />
      )}
      <Card title={request === undefined ? "Waiting for you" : "Requests"} actions={<NoticeButton />}>
        {request === undefined && (
          <p ref={empty} tabIndex={-1} className="mb-2 text-muted outline-none">
            Nothing waits. When the assistant wants to do what is not granted, it asks here.
          </p>
        )}
        {others.length > 0 && (
          <ul aria-label="Others that wait" className="mb-3 grid gap-2">
            {others.map((one) => (
              <li key={one.id} className="flex items-center gap-3 rounded-xl bg-sunken py-1.5 pr-1.5 pl-4">
                <span className="min-w-0 flex-1 text-sm wrap-anywhere">
                  <span className="block text-xs text-muted">
                    <Visible text={one.asks} /> · {riskWords[one.risk].word}
                  </span>
                  <Parts parts={requestParts(one)} />
                </span>
                <Button onClick={() => setChosen(one.id)}>
                  Look<span className="sr-only">: {visibleString(textOf(requestParts(one)))}</span>
                </Button>
              </li>
            ))}
          </ul>
        )}
        <p className="text-sm text-muted">
          <strong className="text-lg font-semibold text-ink tabular-nums">{questionsToday}</strong>{" "}
          {questionsToday === 1 ? "question" : "questions"} today.
          {questionsToday >= manyQuestions && " Grants for what you allow again and again keep them few."}
        </p>
      </Card>
    </div>
  );
}

/** Asks the browser, when the user wants to be told of requests outside of this page. */
function NoticeButton() {
  const { permission, ask } = useNoticePermission();
  if (permission === "unsupported") return null;
  if (permission === "default")
    return (
      <Button onClick={ask}>
        <Bell aria-hidden className="size-4" /> Notify me on the desktop
      </Button>
    );
  const on = permission === "granted";
  const Icon = on ? BellRing : BellOff;
  return (
    <span className="flex min-h-10 items-center gap-2 text-sm text-muted">
      <Icon aria-hidden className="size-4 shrink-0" />
      {on ? "Desktop notices are on" : "This browser blocks desktop notices"}
    </span>
  );
}
