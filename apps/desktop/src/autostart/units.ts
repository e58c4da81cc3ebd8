import { asService } from "../daemon/arguments.ts";

/** What is started, and with which data folder when it is not the usual one. */
export interface ServiceProgram {
  readonly node: string;
  readonly flags: readonly string[];
  readonly daemon: string;
  readonly home: string | null;
}

/** systemd.unit(5), for the user's own manager. */
export function systemdUnit({ node, flags, daemon, home }: ServiceProgram): string {
  const command = [node, ...flags, daemon, asService].map(systemdQuote).join(" ");
  return `[Unit]
Description=SmartClaw, a private OpenClaw

[Service]
ExecStart=${command}
${home === null ? "" : `Environment=${systemdQuote(`SMARTCLAW_HOME=${home}`)}\n`}Restart=on-failure
RestartSec=5
TimeoutStopSec=30
UMask=0077
LimitCORE=0
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

/** launchd.plist(5). */
export function launchAgent(label: string, { node, flags, daemon, home }: ServiceProgram): string {
  const text = (value: string): string =>
    `<string>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</string>`;
  const environment =
    home === null
      ? ""
      : `\n  <key>EnvironmentVariables</key>\n  <dict><key>SMARTCLAW_HOME</key>${text(home)}</dict>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>${text(label)}
  <key>ProgramArguments</key>
  <array>${[node, ...flags, daemon, asService].map(text).join("")}</array>${environment}
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>HardResourceLimits</key><dict><key>Core</key><integer>0</integer></dict>
  <key>Umask</key><integer>63</integer>
</dict>
</plist>
`;
}

/** argv of schtasks(1) for a task at logon of this user, without elevation. */
export function windowsTask({ node, flags, daemon }: ServiceProgram): string[] {
  const command = [`"${node}"`, ...flags, `"${daemon}"`].join(" ");
  return [
    "schtasks",
    "/Create",
    "/F",
    "/TN",
    "SmartClaw",
    "/SC",
    "ONLOGON",
    "/RL",
    "LIMITED",
    "/TR",
    command,
  ];
}

/** systemd.syntax(7): C-style escapes in double quotes, and `%` and `$` doubled. */
function systemdQuote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}
