import { SmartClawError } from "@smartclaw/contracts";

const again = "Check the internet connection and install again; what was fetched already is kept.";

/** What went wrong while installing, for people. The fault's own text is not passed on: it can hold paths and addresses. */
export function installFault(error: unknown, what: string): SmartClawError {
  if (error instanceof SmartClawError) return error;
  const code = String((error as { code?: string | number }).code ?? "");
  const options = { cause: error };
  if (code === "EINTEGRITY") {
    const message = `${what} is not the file that its author published, so it was not used.`;
    return new SmartClawError(
      "INSTALL_INTEGRITY",
      message,
      "Try another network; someone may be changing what you download.",
      options,
    );
  }
  if (code === "ENOSPC") {
    const message = "The disk became full while OpenClaw was installed.";
    return new SmartClawError("DISK_FULL", message, "Free about 1 GB and install again.", options);
  }
  if (code === "E404")
    return new SmartClawError("INSTALL_FAILED", `The npm registry does not have ${what}.`, again, options);
  if (code === "ETARGET")
    return new SmartClawError(
      "INSTALL_FAILED",
      `The npm registry has no version of ${what} that fits.`,
      again,
      options,
    );
  if (
    /^(ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|EIDLETIMEOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|FETCH|E5|E4)/.test(
      code,
    )
  )
    return new SmartClawError(
      "NETWORK_UNREACHABLE",
      `The npm registry did not give ${what} (${code}).`,
      again,
      options,
    );
  return new SmartClawError(
    "INSTALL_FAILED",
    `${what} could not be installed${code === "" ? "" : ` (${code})`}.`,
    again,
    options,
  );
}
