import { ScrollBox } from "./scroll-box.tsx";
import { Visible } from "./visible.tsx";

/** With more lines their numbers would only cost time. */
const numberedLines = 2_000;

/**
 * The whole of a command, in a box of its own that wraps and scrolls. Lines have numbers, so that a line that only wraps
 * cannot be taken for two.
 */
export function ExactText({ text, className = "" }: { text: string; className?: string }) {
  const lines = text.split("\n");
  return (
    <ScrollBox
      label="The exact text"
      className={`rounded-xl border border-line bg-sunken font-mono text-[0.8125rem] leading-6 ${className}`}
    >
      {lines.length === 1 || lines.length > numberedLines ? (
        <div className="px-3.5 py-2.5 whitespace-break-spaces wrap-anywhere">
          <Visible text={text} />
        </div>
      ) : (
        <ol className="grid grid-cols-[auto_minmax(0,1fr)] py-2.5">
          {lines.map((line, index) => (
            <li key={index} className="contents">
              <span aria-hidden className="pr-3 pl-3.5 text-right text-muted select-none">
                {index + 1}
              </span>
              <span className="min-h-6 pr-3.5 whitespace-break-spaces wrap-anywhere">
                <Visible text={line} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </ScrollBox>
  );
}
