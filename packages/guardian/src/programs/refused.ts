import { posix } from "node:path";

/** Programs that are never run, whatever was granted; the reason is for people. */
const groups: readonly (readonly [string, string])[] = [
  [
    "it would run with other rights than yours",
    "sudo sudoedit doas su pkexec runuser gksu gksudo kdesu kdesudo sg newgrp setpriv capsh setcap chroot nsenter visudo " +
      "passwd chpasswd chsh chfn usermod useradd userdel adduser deluser groupadd groupmod gpasswd vipw dseditgroup runas",
  ],
  [
    "it would run in a container, which is not held by this sandbox",
    "docker docker-compose podman nerdctl ctr crictl lxc lxc-attach lxd incus machinectl systemd-nspawn buildah kubeadm minikube vagrant",
  ],
  [
    "it would change disks or what is mounted",
    "mount umount fusermount fusermount3 losetup swapon swapoff fdisk sfdisk cfdisk gdisk sgdisk parted partprobe wipefs " +
      "mkswap mke2fs cryptsetup lvcreate lvremove vgcreate pvcreate zpool zfs btrfs dmsetup blkdiscard hdparm badblocks diskutil",
  ],
  [
    "it would stop the computer or change its kernel",
    "shutdown reboot poweroff halt init telinit kexec insmod modprobe rmmod sysctl",
  ],
  [
    "it would run later or elsewhere, where this sandbox does not hold it",
    "systemd-run at batch schtasks launchctl anacron",
  ],
  [
    "it would press keys or click in your place",
    "xdotool ydotool wtype dotool xte cliclick wlrctl xvkbd evemu-event",
  ],
  [
    "it would show what your keystore holds",
    "secret-tool kwallet-query kwalletcli keyring pass gopass keyctl security cmdkey",
  ],
  ["it would give orders to SmartClaw or OpenClaw", "smartclaw openclaw openclaw-gateway clawdbot moltbot"],
];

const reasons: ReadonlyMap<string, string> = new Map(
  groups.flatMap(([why, names]) => names.split(" ").map((name) => [name, why] as const)),
);

const guardianNames = /guardian|smart-?claw|open-?claw/i;
const starters = new Set(["npx", "pnpx", "bunx", "npm", "pnpm", "yarn", "bun"]);

/** Why a call is never carried out; null when it may be granted. @param args as far as they are known */
export function refusalOf(name: string, args: readonly string[]): string | null {
  const known = reasons.get(name) ?? null;
  if (known !== null) return known;
  if (/^mkfs(?:\.|$)/.test(name)) return "it would change disks or what is mounted";
  if (
    /^(?:kill|pkill|killall|skill|snice|systemctl|service|xkill)$/.test(name) &&
    args.some((arg) => guardianNames.test(arg))
  )
    return "it would stop SmartClaw or OpenClaw";
  if (name === "crontab" && !args.every((arg) => /^-[lu]$/.test(arg)))
    return "it would run later, where this sandbox does not hold it";
  if (
    name === "systemctl" &&
    args.some((arg) =>
      /^(?:start|restart|enable|link|edit|set-property|poweroff|reboot|halt|isolate|daemon-reload|import-environment|set-environment)$/.test(
        arg,
      ),
    )
  )
    return "it would start programs outside of this sandbox";
  if (
    /^(?:nc|ncat|netcat|socat)$/.test(name) &&
    args.some((arg) => /^-[A-Za-z]*[ec]$|^--(?:exec|sh-exec)|^(?:exec|system|shell):/i.test(arg))
  )
    return "a connection would be given a shell";
  if (starters.has(name) && args.some((arg) => /^(?:smartclaw|openclaw)(?:@|$)/.test(arg)))
    return "it would give orders to SmartClaw or OpenClaw";
  if (name === "osascript" && args.some((arg) => /keystroke|key code|click/i.test(arg)))
    return "it would press keys or click in your place";
  return null;
}

const sources =
  /^(?:curl|wget|fetch|aria2c|http|https|nc|ncat|netcat|socat|lynx|ftp|base64|base32|basenc|xxd|uudecode|rev|openssl|gunzip|tr|zcat|bzcat|xzcat|gzip|zstd|tac|gpg|od)$/;

/** Whether something among these words fetches or decodes what nobody has read. */
export function isHidden(words: readonly string[]): boolean {
  return words.some(
    (word) =>
      sources.test(posix.basename(word)) || /\\(?:x[0-9a-f]{1,2}|0?[0-7]{2,3}|u[0-9a-f]{2,4})/i.test(word),
  );
}
