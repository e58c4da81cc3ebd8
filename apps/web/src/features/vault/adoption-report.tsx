import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck, TriangleAlert, X } from "lucide-react";
import type { Discovery } from "@smartclaw/contracts";
import { counted, shortPath } from "../../lib/format.ts";
import { IconButton } from "../../ui/controls.tsx";

/** What became of a key in the clear, as it was seen when SmartClaw looked again. */
export interface Adoption {
  readonly found: Discovery;
  readonly stillThere: boolean;
  /** Other keys that lie in the clear. */
  readonly others: number;
}

/** Where the page remembers the last one; it is told on the next page, since the first page is done with it. */
export const adoptionKey = ["adoption"] as const;

/** Says where a key went that was found on this computer, until the user has read it. */
export function AdoptionReport() {
  const queries = useQueryClient();
  const { data: adoption } = useQuery<Adoption | null>({ queryKey: adoptionKey, queryFn: skipToken });
  if (adoption === undefined || adoption === null) return null;
  const { found, stillThere, others } = adoption;
  const dismiss = (): void => void queries.setQueryData(adoptionKey, null);
  const Icon = stillThere ? TriangleAlert : ShieldCheck;
  return (
    <div className="mx-auto w-full max-w-3xl px-4 pt-4 sm:px-6">
      <div
        role="status"
        className={`flex items-start gap-3 rounded-xl py-2 pr-2 pl-4 text-sm ${stillThere ? "bg-warn-soft" : "bg-good-soft"}`}
      >
        <Icon aria-hidden className={`mt-2 size-4 shrink-0 ${stillThere ? "text-warn" : "text-good"}`} />
        <div className="min-w-0 flex-1 py-1.5 wrap-anywhere">
          <p className="font-medium">Your key is in the vault.</p>
          <p>{stillThere ? leftover(found) : `It was removed from ${shortPath(found.where)}.`}</p>
          {others > 0 && (
            <p>
              {counted(others, "more key")} on this computer {others === 1 ? "lies" : "lie"} in the clear.{" "}
              <Link to="/keys" onClick={dismiss} className="text-accent underline underline-offset-2">
                Go to Keys
              </Link>
            </p>
          )}
        </div>
        <IconButton label="Dismiss" onClick={dismiss}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
    </div>
  );
}

function leftover({ source, where }: Discovery): string {
  return source === "environment"
    ? `It still stands in ${where}, which SmartClaw cannot change: remove the variable from your shell's profile.`
    : `It still stands in ${shortPath(where)}, which SmartClaw could not change: remove it there yourself.`;
}
