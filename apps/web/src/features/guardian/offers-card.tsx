import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type MouseEvent, useEffect, useId, useRef, useState } from "react";
import { ago, type GuardianOffer, offerDays } from "@smartclaw/contracts";
import { daemon, faultOf } from "../../lib/client.ts";
import { Button, Card } from "../../ui/controls.tsx";
import { FaultNotice } from "../../ui/fault-notice.tsx";
import { useNow } from "../updates/use-now.ts";
import { Examples } from "./grant-row.tsx";
import { grantParts, grantSentence } from "./grant-words.ts";
import { useAwake } from "./use-awake.ts";
import { visibleString } from "./visible-text.ts";
import { Parts, Visible } from "./visible.tsx";

/** What the owner allowed again and again, to be allowed for some days; nothing while nothing repeats. */
export function OffersCard() {
  const offers = useQuery({ queryKey: ["guardian", "offers"], queryFn: () => daemon.guardian.offers() });
  const [said, setSaid] = useState("");
  const told = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The offer went with its buttons; a keyboard goes on from here.
    if (said !== "" && document.activeElement === document.body) told.current?.focus();
  }, [said, offers.data]);
  const all = offers.data ?? [];
  if (all.length === 0 && said === "") return null;
  return (
    <Card title="Allowed again and again">
      <p ref={told} role="status" tabIndex={-1} className={said === "" ? "sr-only" : "mb-3 outline-none"}>
        <Visible text={said} />
      </p>
      <ul className="grid gap-5">
        {all.map((offer) => (
          // Another offer is another one to read: it has to wake again.
          <OneOffer key={offer.id} offer={offer} onDone={setSaid} />
        ))}
      </ul>
    </Card>
  );
}

function OneOffer({ offer, onDone }: { offer: GuardianOffer; onDone: (said: string) => void }) {
  const id = useId();
  const now = useNow();
  const item = useRef<HTMLLIElement>(null);
  const queries = useQueryClient();
  const { awake, isAwakeNow } = useAwake(item);
  const sentences = offer.scopes.map((scope) => grantSentence({ effect: "allow", scope }));
  const answer = useMutation({
    mutationFn: async (accept: boolean) => {
      if (accept) await daemon.guardian.acceptOffer({ id: offer.id });
      else await daemon.guardian.dismissOffer({ id: offer.id });
    },
    onSuccess: (_, accept) =>
      onDone(
        accept
          ? `Allowed for ${offerDays} days: ${sentences.join("; ")}.`
          : "That is not offered again for 30 days.",
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["guardian"] }),
  });
  const answered = answer.isPending || answer.isSuccess;
  const press = (event: MouseEvent, accept: boolean): void => {
    // As with a request: neither a script nor the second half of a double click grants anything.
    if (!event.nativeEvent.isTrusted || event.detail > 1 || answered) return;
    if (!accept || isAwakeNow()) answer.mutate(accept);
  };
  return (
    <li ref={item} aria-labelledby={`${id}-title`} className="grid gap-3">
      <div>
        <h3 id={`${id}-title`} className="font-semibold">
          You allowed this {offer.times} times
        </h3>
        <p className="text-sm text-muted">
          Last {ago(offer.lastAt, now)}. Allowed for {offerDays} days, you are not asked about it meanwhile.
        </p>
      </div>
      <ul className={`text-sm ${offer.scopes.length > 1 ? "list-disc pl-4.5" : ""}`}>
        {offer.scopes.map((scope, index) => (
          <li key={index} className="wrap-anywhere">
            <Parts parts={grantParts({ effect: "allow", scope })} />
          </li>
        ))}
      </ul>
      <div className="grid gap-2 rounded-xl bg-sunken px-4 py-3 text-sm">
        <Examples title="Allows" of={offer.examples.allows} good />
        <Examples title="Does not allow" of={offer.examples.refuses} good={false} />
      </div>
      {answer.error !== null && <FaultNotice fault={faultOf(answer.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button
          aria-disabled={answered || !awake}
          aria-describedby={`${id}-title`}
          aria-label={`Allow for ${offerDays} days: ${visibleString(sentences.join("; "))}`}
          className="min-h-11 aria-disabled:cursor-default aria-disabled:opacity-55"
          onClick={(event) => press(event, true)}
        >
          Allow for {offerDays} days
        </Button>
        <Button
          aria-disabled={answered}
          aria-label={`Not now: ${visibleString(sentences.join("; "))}`}
          className="min-h-11"
          onClick={(event) => press(event, false)}
        >
          Not now
        </Button>
      </div>
    </li>
  );
}
