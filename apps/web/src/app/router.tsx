import { useQuery } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { daemon } from "../lib/client.ts";
import { ChatPage } from "../features/chat/chat-page.tsx";
import { NetworkPage } from "../features/egress/network-page.tsx";
import { GuardianPage } from "../features/guardian/guardian-page.tsx";
import { GuardianProvider } from "../features/guardian/guardian-status.tsx";
import { StatusPage } from "../features/openclaw/status-page.tsx";
import { SettingsPage } from "../features/settings/settings-page.tsx";
import { UpdatesPage } from "../features/updates/updates-page.tsx";
import { KeysPage } from "../features/vault/keys-page.tsx";
import { WelcomePage } from "../features/welcome/welcome-page.tsx";
import { Shell } from "./shell.tsx";

/** The chat, or the welcome for as long as there is no way to a model. */
function Home() {
  const connections = useQuery({ queryKey: ["connections"], queryFn: () => daemon.keys.list() });
  if (connections.data === undefined) return <p className="sr-only">Loading</p>;
  return connections.data.length === 0 ? <WelcomePage /> : <ChatPage />;
}

function Root() {
  return (
    <GuardianProvider>
      <Shell />
    </GuardianProvider>
  );
}

const root = createRootRoute({ component: Root });
const page = (path: string, component: () => React.JSX.Element) =>
  createRoute({ getParentRoute: () => root, path, component });

export const router = createRouter({
  routeTree: root.addChildren([
    page("/", Home),
    page("/chat/$id", Home),
    page("/keys", KeysPage),
    page("/guardian", GuardianPage),
    page("/network", NetworkPage),
    page("/status", StatusPage),
    page("/updates", UpdatesPage),
    page("/settings", SettingsPage),
  ]),
});
