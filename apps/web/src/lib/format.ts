/** `12.3 MB`, in powers of ten, with a space that does not break. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const step = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** step).toFixed(step === 0 ? 0 : 1)}\u00a0${units[step]}`;
}

/** `1 request`, `2 requests`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A host as it stands before a port: an IPv6 address has brackets there. */
export function inAddress(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** A path into the user's OpenClaw, with `~` for the home folder: that is all that comes before it. */
export function shortPath(path: string): string {
  return path.replace(/^.*(?=[\\/]\.openclaw[\\/])/, "~");
}

const dayParts = { day: "numeric", month: "short" } as const;
const day = new Intl.DateTimeFormat(undefined, dayParts);
const dayAndMinute = new Intl.DateTimeFormat(undefined, { ...dayParts, hour: "2-digit", minute: "2-digit" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { ...dayParts, year: "numeric" });

export function dateTime(at: number | null): string {
  return at === null ? "never" : dayAndMinute.format(at);
}

export function time(at: number): string {
  return clock.format(at);
}

export function date(at: number): string {
  return day.format(at);
}

/** As short as it is clear: `14:30` for today, `3 Dec`, or `3 Dec 2031` in another year. */
export function shortMoment(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return minute.format(at);
  return (then.getFullYear() === today.getFullYear() ? day : dayOfYear).format(at);
}
