import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import {
  Activity,
  CircleArrowUp,
  KeyRound,
  MessageSquare,
  Network,
  Settings,
  ShieldCheck,
} from "lucide-react";
import { useEffect } from "react";
import { useStatus } from "../lib/status.tsx";
import { gatewayWords } from "../features/openclaw/gateway-words.ts";
import { GuardianNotice, WaitingMark } from "../features/guardian/guardian-notice.tsx";
import { UpdateNotice } from "../features/updates/update-notice.tsx";
import { goTo } from "./shortcuts.ts";

const places = [
  { to: "/", label: "Chat", icon: MessageSquare },
  { to: "/guardian", label: "Guardian", icon: ShieldCheck },
  { to: "/keys", label: "Keys", icon: KeyRound },
  { to: "/network", label: "Network", icon: Network },
  { to: "/status", label: "Status", icon: Activity },
  { to: "/updates", label: "Updates", icon: CircleArrowUp },
  { to: "/settings", label: "Settings", icon: Settings },
] as const;
const titles: Readonly<Record<string, string>> = {
  guardian: "Guardian",
  keys: "Keys",
  network: "Network",
  status: "Status",
  updates: "Updates",
  settings: "Settings",
};

/** The frame round every page: navigation, state of OpenClaw, a notice when the daemon is away. */
export function Shell() {
  const { status, connected } = useStatus();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useShortcuts();
  useEffect(() => {
    document.title = `${titles[path.slice(1)] ?? "Chat"} · SmartClaw`;
  }, [path]);
  const phase = status?.openclaw.gateway.phase;
  const word = phase === undefined ? { text: "Connecting", tone: "plain" } : gatewayWords[phase];
  const dot = { good: "bg-good", warn: "bg-warn", danger: "bg-danger", plain: "bg-muted" }[word.tone];
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[4.75rem_1fr]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2"
      >
        Skip to the page
      </a>
      <nav
        aria-label="Pages"
        className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:sticky md:top-0 md:h-dvh md:border-t-0 md:border-r md:pb-0"
      >
        <div className="hidden justify-center py-4 md:flex">
          <img src="/logo.svg" alt="SmartClaw" className="size-9" />
        </div>
        <ul className="grid grid-cols-7 md:grid-cols-1 md:gap-1 md:px-2">
          {places.map(({ to, label, icon: Icon }) => {
            const active = to === "/" ? path === "/" || path.startsWith("/chat") : path === to;
            return (
              <li key={to}>
                <Link
                  to={to}
                  aria-current={active ? "page" : undefined}
                  className={`grid min-h-14 place-content-center justify-items-center gap-1 rounded-xl text-[0.6875rem] md:text-xs ${active ? "text-accent md:bg-accent-soft" : "text-muted hover:text-ink md:hover:bg-sunken"}`}
                >
                  <span className="relative">
                    <Icon aria-hidden className="size-5" />
                    {to === "/guardian" && <WaitingMark />}
                  </span>
                  {label}
                </Link>
              </li>
            );
          })}
        </ul>
        <p
          className="absolute inset-x-0 bottom-4 hidden justify-items-center gap-1 text-center text-[0.7rem] text-muted md:grid"
          role="status"
        >
          <span aria-hidden className={`size-2.5 rounded-full ${dot}`} />
          <span>
            <span className="sr-only">OpenClaw: </span>
            {word.text}
          </span>
        </p>
      </nav>
      <main id="main" className="min-w-0" tabIndex={-1}>
        {!connected && (
          <p role="alert" className="bg-warn-soft px-4 py-2 text-center text-sm text-warn">
            SmartClaw does not answer. Start it with <code className="font-mono">smartclaw start</code>; this
            page goes on by itself.
          </p>
        )}
        <Outlet />
      </main>
      <UpdateNotice />
      <GuardianNotice />
    </div>
  );
}

function useShortcuts(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let armedUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
        return;
      const destination = goTo[event.key];
      if (event.timeStamp < armedUntil && destination !== undefined) void navigate({ to: destination });
      armedUntil = event.key === "g" ? event.timeStamp + 1200 : 0;
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate]);
}
