import { useRouterState } from "@tanstack/react-router";
import { ShieldQuestionMark } from "lucide-react";
import { useState } from "react";
import type { GuardianRequest } from "@smartclaw/contracts";
import { Button } from "../../ui/controls.tsx";
import { useDesktopNotice } from "./desktop-notice.ts";
import { useGuardian } from "./guardian-status.tsx";
import { RequestCard } from "./request-card.tsx";
import { oldestFirst, requestParts } from "./request-words.ts";
import { visibleString } from "./visible-text.ts";
import { textOf } from "./words.ts";

const none: readonly GuardianRequest[] = [];
/** A sheet over the navigation on a phone, a card in the corner elsewhere; in the chat above the field for messages. */
const places = {
  chat: {
    box: "md:bottom-29",
    card: "md:max-h-[min(44rem,calc(100dvh-8.5rem))]",
  },
  other: {
    box: "md:bottom-5",
    card: "md:max-h-[min(44rem,calc(100dvh-2.5rem))]",
  },
} as const;

/** The oldest waiting request, on whatever page, beside what the user does there. The Guardian page shows it itself. */
export function GuardianNotice() {
  const waiting = oldestFirst(useGuardian()?.waiting ?? none);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [folded, setFolded] = useState<string | null>(null);
  const request = waiting[0];
  useDesktopNotice(request?.id ?? null);
  const shown = path === "/guardian" ? undefined : request;
  const { box, card } = places[path === "/" || path.startsWith("/chat") ? "chat" : "other"];
  const place = waiting.length > 1 ? `1 of ${waiting.length}` : "";
  return (
    <>
      {/* It stays in the page, so that a screen reader hears what comes into it. */}
      <p role="status" className="sr-only">
        {shown !== undefined &&
          `The assistant asks for permission. It ${visibleString(textOf(requestParts(shown)))}. The answers are in the region “Permission”.`}
      </p>
      {shown !== undefined && (
        <section
          aria-label="Permission"
          className={`fixed inset-x-0 bottom-[calc(3.5rem+env(safe-area-inset-bottom))] z-40 md:inset-x-auto md:right-5 md:w-[30rem] ${box}`}
        >
          {folded === shown.id ? (
            <div className="flex justify-end max-md:p-3">
              <Button className="shadow-lg max-md:w-full" onClick={() => setFolded(null)}>
                <ShieldQuestionMark aria-hidden className="size-4 text-warn" /> The assistant asks for
                permission{place !== "" && ` (${waiting.length})`}
              </Button>
            </div>
          ) : (
            <RequestCard
              key={`${shown.id} ${shown.hash}`}
              request={shown}
              place={place}
              className={`max-h-[calc(100dvh-6rem)] shadow-2xl max-md:rounded-b-none ${card}`}
              onFold={() => setFolded(shown.id)}
            />
          )}
        </section>
      )}
    </>
  );
}

/** How many wait, beside the name of the Guardian page in the navigation. */
export function WaitingMark() {
  const count = useGuardian()?.waiting.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="absolute -top-1 left-3 min-w-4 rounded-full bg-danger px-1 text-center text-[0.65rem] leading-4 font-semibold text-surface">
      {count}
      <span className="sr-only"> waiting</span>
    </span>
  );
}
