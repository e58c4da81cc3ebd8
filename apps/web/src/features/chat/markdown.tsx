import { type ComponentProps, isValidElement, type ReactNode, useRef } from "react";
import { harden } from "rehype-harden";
import rehypeRaw from "rehype-raw";
import rehypeSanitize from "rehype-sanitize";
import { Streamdown } from "streamdown";
import { CopyButton } from "../../ui/copy-button.tsx";

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

/** @param children the `code` of the block, with its language in the class */
function CodeBlock({ children }: { children: ReactNode }) {
  const code = useRef<HTMLPreElement>(null);
  const fence = isValidElement<{ className?: string }>(children) ? children.props.className : undefined;
  return (
    <figure className="overflow-hidden rounded-xl border border-line bg-sunken">
      <figcaption className="flex items-center justify-between border-b border-line pr-1 pl-4 text-xs text-muted">
        {/language-(\S+)/.exec(fence ?? "")?.[1] ?? "code"}
        {/* Without the last line's end, which would run a command at once when pasted into a terminal. */}
        <CopyButton what="code" text={() => code.current?.textContent.trimEnd() ?? ""} />
      </figcaption>
      <pre ref={code} className="overflow-x-auto p-4 font-mono text-sm leading-relaxed" tabIndex={0}>
        {children}
      </pre>
    </figure>
  );
}
