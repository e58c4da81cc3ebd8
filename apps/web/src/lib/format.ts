/** `12.3 MB`, in powers of ten. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const step = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

const day = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function dateTime(at: number | null): string {
  return at === null ? "never" : day.format(at);
}

export function time(at: number): string {
  return clock.format(at);
}
