import { Fragment } from "react";
import { directionRuns, visibleText } from "./visible-text.ts";
import type { Part } from "./words.ts";

/**
 * What a program, a model or a stranger wrote, as text and nothing else: never as markup, and with everything that
 * cannot be seen shown as its code.
 */
export function Visible({ text }: { text: string }) {
  return (
    <span dir="ltr">
      {visibleText(text).map((segment, index) =>
        segment.hidden ? (
          <span
            key={index}
            className="rounded-sm bg-warn-soft px-0.5 font-mono text-[0.92em] font-semibold text-warn"
          >
            {segment.text}
          </span>
        ) : (
          <Fragment key={index}>
            {directionRuns(segment.text).map((run, at) =>
              at % 2 === 1 ? <bdi key={at}>{run}</bdi> : <Fragment key={at}>{run}</Fragment>,
            )}
          </Fragment>
        ),
      )}
    </span>
  );
}

/** A sentence of which some pieces are what others wrote. */
export function Parts({ parts }: { parts: readonly Part[] }) {
  return parts.map((part, index) =>
    part.code ? (
      <code key={index} className="font-mono text-[0.92em] whitespace-break-spaces wrap-anywhere">
        <Visible text={part.text} />
      </code>
    ) : (
      <Visible key={index} text={part.text} />
    ),
  );
}
