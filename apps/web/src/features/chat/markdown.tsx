import { Check, Copy } from "lucide-react";
import { type ComponentProps, type ReactNode, useState } from "react";
import { harden } from "rehype-harden";
import rehypeRaw from "rehype-raw";
import rehypeSanitize from "rehype-sanitize";
import { Streamdown } from "streamdown";

type Plugins = NonNullable<ComponentProps<typeof Streamdown>["rehypePlugins"]>;

/**
 * An answer is text that a stranger may have written: no image from anywhere (its address could carry a secret away),
 * no HTML of its own, links to http and https only.
 */
const rehypePlugins: Plugins = [
  rehypeRaw,
  rehypeSanitize,
  [
    harden,
    {
      defaultOrigin: "https://smartclaw.invalid",
      allowedImagePrefixes: [],
      allowedLinkPrefixes: ["*"],
      allowDataImages: false,
    },
  ],
];

const components: NonNullable<ComponentProps<typeof Streamdown>["components"]> = {
  img: ({ alt }) => (
    <span className="text-muted">[image{alt === undefined || alt === "" ? "" : `: ${alt}`}]</span>
  ),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {children}
    </a>
  ),
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  code: ({ children }) => <code>{children}</code>,
};

export default function Markdown({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Streamdown
      className="prose-chat"
      parseIncompleteMarkdown={streaming}
      rehypePlugins={rehypePlugins}
      components={components}
      controls={false}
    >
      {text}
    </Streamdown>
  );
}

function CodeBlock({ children }: { children: ReactNode }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="relative">
      <pre
        className="overflow-x-auto rounded-xl bg-sunken p-4 pr-14 font-mono text-sm leading-relaxed"
        tabIndex={0}
        aria-label="Code"
      >
        {children}
      </pre>
      <button
        type="button"
        aria-label={copied ? "Copied" : "Copy code"}
        className="absolute top-2 right-2 inline-flex size-9 items-center justify-center rounded-lg text-muted hover:bg-surface hover:text-ink"
        onClick={(event) => {
          void navigator.clipboard.writeText(
            event.currentTarget.parentElement?.querySelector("pre")?.innerText ?? "",
          );
          setCopied(true);
          setTimeout(() => setCopied(false), 2000);
        }}
      >
        {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
      </button>
    </div>
  );
}
