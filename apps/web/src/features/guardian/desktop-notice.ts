import { useEffect, useState } from "react";

export type NoticePermission = NotificationPermission | "unsupported";

function permissionNow(): NoticePermission {
  return "Notification" in window ? Notification.permission : "unsupported";
}

/** Whether the browser lets SmartClaw notify, and the way to ask it. */
export function useNoticePermission(): { permission: NoticePermission; ask: () => void } {
  const [permission, setPermission] = useState(permissionNow);
  return {
    permission,
    ask: () =>
      void Notification.requestPermission().then(setPermission, () => setPermission(permissionNow())),
  };
}

/** The words of every notice: it lies on lock screens and in the system's list, where no command belongs. */
const words = "The assistant asks for permission";

/** A notice of the desktop for each request that comes while the user is elsewhere. @param id null when none waits */
export function useDesktopNotice(id: string | null): void {
  useEffect(() => {
    if (id === null || permissionNow() !== "granted" || (document.hasFocus() && !document.hidden)) return;
    let notice: Notification;
    try {
      // One for all windows of SmartClaw: they give it the same tag.
      notice = new Notification(words, { tag: "smartclaw-guardian", icon: "/logo.svg" });
    } catch {
      // Some phones know no notices without a service worker.
      return;
    }
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
    });
    return () => notice.close();
  }, [id]);
}
