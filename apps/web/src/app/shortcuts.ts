/** Two keys, one after the other, as in many web programs: they do not collide with the browser's or a screen reader's. */
export const goTo: Readonly<Record<string, string>> = {
  c: "/",
  g: "/guardian",
  k: "/keys",
  n: "/network",
  s: "/status",
  u: "/updates",
  e: "/settings",
};

export const shortcuts = [
  { keys: "Enter", text: "Send the message" },
  { keys: "Shift Enter", text: "New line" },
  { keys: "Esc", text: "Stop the answer" },
  { keys: "g c", text: "Chat" },
  { keys: "g g", text: "Guardian" },
  { keys: "g k", text: "Keys" },
  { keys: "g n", text: "Network" },
  { keys: "g s", text: "Status" },
  { keys: "g u", text: "Updates" },
  { keys: "g e", text: "Settings" },
] as const;
