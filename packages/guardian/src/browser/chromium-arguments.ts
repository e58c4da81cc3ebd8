import { X509Certificate } from "node:crypto";

/** Where the browser finds what it was given; nothing of this computer has these names. */
const inside = { home: "/home/browser", exit: "/exit.sock" } as const;
/** In the browser's own network, which has nothing but this. */
const relayPort = 3128;

/**
 * Connects the only port of the browser's network to the exit, and starts the browser when it is there. When one of
 * the two ends, so does everything. The browser is driven by descriptors 3 and 4, which nobody else gets.
 */
const script = [
  `/usr/bin/socat TCP-LISTEN:${relayPort},bind=127.0.0.1,fork UNIX-CONNECT:${inside.exit} 3>&- 4>&- &`,
  `until grep -q ' 0100007F:${relayPort.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A ' /proc/net/tcp; do kill -0 $! || exit 1; sleep 0.01; done`,
  '"$@" &',
  "exec 3>&- 4>&-",
  "wait -n",
].join("\n");

/** Read by Chromium at its start, as by those of a company. */
const policyFolders = ["/etc/chromium/policies/managed", "/etc/opt/chrome/policies/managed"];

/**
 * Arguments for bubblewrap that start Chromium with a network of its own, in which there is nothing but a way to the
 * exit: what leaves the browser in any other way (UDP, names, sockets, this computer's loopback) goes nowhere, whatever
 * its flags say. It sees the system's programs, its own profile, and no file of anybody. Its user is not the
 * administrator and may make namespaces, so that Chromium's own sandbox holds each page within this one.
 */
export function chromiumArguments(given: {
  readonly program: string;
  readonly profileFolder: string;
  readonly exitSocket: string;
  readonly policyFile: string;
}): readonly string[] {
  const { program, profileFolder, exitSocket, policyFile } = given;
  const options: readonly (readonly string[])[] = [
    ["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"],
    ["--die-with-parent", "--new-session", "--hostname", "browser"],
    ["--ro-bind", "/usr", "/usr"],
    ...["bin", "sbin", "lib", "lib32", "lib64", "libx32"].map((name) => [
      "--symlink",
      `usr/${name}`,
      `/${name}`,
    ]),
    ...["/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/opt/google/chrome"].map(
      (path) => ["--ro-bind-try", path, path],
    ),
    ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var/tmp", "--dir", "/run"],
    ...policyFolders.map((folder) => ["--ro-bind", policyFile, `${folder}/smartclaw.json`]),
    ["--ro-bind", exitSocket, inside.exit, "--bind", profileFolder, inside.home, "--remount-ro", "/"],
    ["--chdir", inside.home, "--clearenv"],
    ["--setenv", "HOME", inside.home, "--setenv", "PATH", "/usr/bin", "--setenv", "LANG", "C.UTF-8"],
    ["--", "/bin/bash", "--noprofile", "--norc", "-c", script, "bash"],
    [program, ...flags, "about:blank"],
  ];
  return options.flat();
}

const flags = [
  "--headless=new",
  "--remote-debugging-pipe",
  `--user-data-dir=${inside.home}/chromium`,
  `--proxy-server=http://127.0.0.1:${relayPort}`,
  // Without this, addresses of loopback would not go through the proxy.
  "--proxy-bypass-list=<-loopback>",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-pings",
  "--noerrdialogs",
  "--password-store=basic",
];

/**
 * Chromium's policies, which hold however it was driven: the same that the gate refuses, a second time.
 * @param authorities certificate authorities besides the public ones, in PEM
 */
export function chromiumPolicy(authorities: readonly string[]): Readonly<Record<string, unknown>> {
  const block = 2;
  return {
    URLBlocklist: [
      "file://*",
      "chrome://*",
      "chrome-untrusted://*",
      "devtools://*",
      "filesystem://*",
      "view-source:*",
    ],
    DownloadRestrictions: 3,
    AllowFileSelectionDialogs: false,
    DefaultFileSystemReadGuardSetting: block,
    DefaultFileSystemWriteGuardSetting: block,
    DefaultGeolocationSetting: block,
    DefaultNotificationsSetting: block,
    DefaultSerialGuardSetting: block,
    DefaultWebBluetoothGuardSetting: block,
    DefaultWebHidGuardSetting: block,
    DefaultWebUsbGuardSetting: block,
    AudioCaptureAllowed: false,
    VideoCaptureAllowed: false,
    PrintingEnabled: false,
    ExtensionInstallBlocklist: ["*"],
    PasswordManagerEnabled: false,
    AutofillAddressEnabled: false,
    AutofillCreditCardEnabled: false,
    // Nothing is asked of Chromium's makers.
    AlternateErrorPagesEnabled: false,
    BrowserNetworkTimeQueriesEnabled: false,
    BrowserSignin: 0,
    ComponentUpdatesEnabled: false,
    DnsOverHttpsMode: "off",
    DomainReliabilityAllowed: false,
    MetricsReportingEnabled: false,
    NetworkPredictionOptions: 2,
    SafeBrowsingProtectionLevel: 0,
    SearchSuggestEnabled: false,
    SpellCheckServiceEnabled: false,
    SyncDisabled: true,
    TranslateEnabled: false,
    WebRtcIPHandling: "disable_non_proxied_udp",
    CACertificates: authorities.map((pem) => new X509Certificate(pem).raw.toString("base64")),
  };
}
