import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck, TriangleAlert, X } from "lucide-react";
import { counted } from "../../lib/format.ts";
import { IconButton } from "../../ui/controls.tsx";
import { type Adoption, adoptionKey, adoptionSentence, isGone } from "./adoption.ts";
import { ImportSteps } from "./import-steps.tsx";

/** Says where a key went that was found on this computer, until the user has read it. */
export function AdoptionReport() {
  const queries = useQueryClient();
  const { data: adoption } = useQuery<Adoption | null>({ queryKey: adoptionKey, queryFn: skipToken });
  if (adoption === undefined || adoption === null) return null;
  const { steps, others } = adoption;
  const gone = isGone(adoption);
  const dismiss = (): void => void queries.setQueryData(adoptionKey, null);
  const Icon = gone ? ShieldCheck : TriangleAlert;
  return (
    <div className="mx-auto w-full max-w-3xl px-4 pt-4 sm:px-6">
      <div
        role="status"
        className={`flex items-start gap-3 rounded-xl py-2 pr-2 pl-4 text-sm ${gone ? "bg-good-soft" : "bg-warn-soft"}`}
      >
        <Icon aria-hidden className={`mt-2 size-4 shrink-0 ${gone ? "text-good" : "text-warn"}`} />
        <div className="min-w-0 flex-1 py-1.5 wrap-anywhere">
          <p className="font-medium">Your key is in the vault.</p>
          <p>{adoptionSentence(adoption)}</p>
          <details open className="my-1">
            <summary className="cursor-pointer text-accent">What was done</summary>
            <div className="mt-2">
              <ImportSteps steps={steps} />
            </div>
          </details>
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
