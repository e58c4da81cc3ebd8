import "./styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./app/router.tsx";
import { SignedOut } from "./app/signed-out.tsx";
import { daemon, faultOf } from "./lib/client.ts";
import { signInFromAddress } from "./lib/session.ts";
import { StatusProvider } from "./lib/status.tsx";

const queries = new QueryClient({
  defaultOptions: { queries: { retry: 2, staleTime: 5_000, refetchOnWindowFocus: true } },
});

async function isSignedIn(): Promise<boolean> {
  try {
    await daemon.settings.get();
    return true;
  } catch (error) {
    return faultOf(error).code !== "UNAUTHENTICATED";
  }
}

const outcome = await signInFromAddress();
const signedIn = outcome !== "refused" && (await isSignedIn());
const element = document.getElementById("root");
if (element !== null)
  createRoot(element).render(
    <StrictMode>
      {signedIn ? (
        <QueryClientProvider client={queries}>
          <StatusProvider>
            <RouterProvider router={router} />
          </StatusProvider>
        </QueryClientProvider>
      ) : (
        <SignedOut refused={outcome === "refused"} />
      )}
    </StrictMode>,
  );
