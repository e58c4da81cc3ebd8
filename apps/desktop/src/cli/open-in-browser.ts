/** Opens the user's browser where there is a desktop; elsewhere the printed link is enough. */
export async function openInBrowser(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const desktop =
    process.platform !== "linux" ||
    environment["DISPLAY"] !== undefined ||
    environment["WAYLAND_DISPLAY"] !== undefined;
  if (!desktop || environment["CI"] !== undefined) return;
  const { default: open } = await import("open");
  await open(url).catch(() => {});
}
