import type { InstallState } from "@smartclaw/contracts";
import { bytes } from "../../lib/format.ts";

const stages = {
  resolve: "Looking up what belongs to this release",
  download: "Downloading",
  verify: "Checking every file against its known hash",
  unpack: "Unpacking",
  scripts: "Finishing",
  publish: "Putting it in place",
} as const;
/** Unpacking takes about as long as downloading, so the bar does not stand still at its end. */
const share = { resolve: 0, download: 0, verify: 0.5, unpack: 0.55, scripts: 0.92, publish: 0.98 } as const;

/** How far an installation is: its stage, real bytes and packages. */
export function InstallProgress({ install }: { install: Extract<InstallState, { state: "installing" }> }) {
  const fetched =
    install.bytesTotal === null || install.bytesTotal === 0 ? 0 : install.bytesDone / install.bytesTotal;
  const value = Math.round(100 * (install.stage === "download" ? fetched * 0.5 : share[install.stage]));
  const total = install.bytesTotal === null ? "" : ` of ${bytes(install.bytesTotal)}`;
  const text = `${stages[install.stage]}, ${bytes(install.bytesDone)}${total}`;
  return (
    <>
      <div
        role="progressbar"
        aria-label={`Installing OpenClaw ${install.version}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={value}
        aria-valuetext={text}
        className="h-2.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className="h-full rounded-full bg-accent transition-[width] duration-300"
          style={{ width: `${value}%` }}
        />
      </div>
      <p className="mt-2 flex justify-between gap-4 text-sm text-muted">
        <span>{stages[install.stage]}</span>
        <span className="tabular-nums">
          {bytes(install.bytesDone)}
          {total}
          {install.packagesTotal !== null &&
            ` · ${install.packagesDone} of ${install.packagesTotal} packages`}
        </span>
      </p>
      <p role="status" className="sr-only">
        {stages[install.stage]}
      </p>
    </>
  );
}
