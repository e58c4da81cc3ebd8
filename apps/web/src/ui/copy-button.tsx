import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./controls.tsx";

const thanksMs = 2_000;

export function CopyButton({
  what,
  text,
  className,
}: {
  what: string;
  text: () => string;
  className?: string;
}) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      // The browser may refuse; then nothing claims to be copied.
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), thanksMs);
  };
  return (
    <IconButton label={copied ? "Copied" : `Copy ${what}`} className={className} onClick={() => void copy()}>
      {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
    </IconButton>
  );
}
