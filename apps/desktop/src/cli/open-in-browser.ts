/** Opens the user's browser where there is a desktop; elsewhere the printed link is enough. */
export async function openInBrowser(url: string): Promise<void> {
  const desktop =
    process.platform !== "linux" ||
    process.env["DISPLAY"] !== undefined ||
    process.env["WAYLAND_DISPLAY"] !== undefined;
  if (!desktop || process.env["CI"] !== undefined) return;
  const { default: open } = await import("open");
  await open(url).catch(() => {});
}
