/** What stands under the help of `smartclaw keys` and its commands for the vault. */

export const keysExamples = `
Without a browser, in this order:
  smartclaw keys setup passphrase            make the vault
  smartclaw keys recovery-phrase             the words that open it when all else is lost
  smartclaw keys add openai                  a connection; its key goes into the vault
  smartclaw keys unlock                      after each start`;

export const whereExamples = `
Examples:
  smartclaw keys where
  smartclaw keys where --json                its state, openedBy and slots, for programs

Exit codes: 0 the vault is open, 4 it is not, 3 SmartClaw is not running.`;

export const setupExamples = `
Places:
  passphrase               you type it after each start; nobody can recover it for you
  key-file PATH            SmartClaw opens the vault by itself; who can read the file can as well.
                           Made with mode 0400 when it does not exist; one that exists must have that mode.
  systemd-credential NAME  systemd hands the key over at start, sealed to this machine
  keystore                 the operating system's keystore, where there is one

The passphrase is asked for twice. Without a terminal it is the first line of stdin. It is never an argument and
never in the environment. An open vault gets a further way in; one of the same kind is replaced.

Examples:
  smartclaw keys setup passphrase
  pass show smartclaw | smartclaw keys setup passphrase
  smartclaw keys setup key-file /etc/smartclaw/vault.key

Exit codes: 0 done, 1 failed, 2 wrong use, 3 SmartClaw is not running.`;

export const unlockExamples = `
Asks for what the vault wants: its passphrase, else its recovery phrase; a keystore, credential or key file is asked
without you. Without a terminal the first line of stdin is taken.

Examples:
  smartclaw keys unlock
  pass show smartclaw | smartclaw keys unlock
  smartclaw keys unlock --recovery-phrase

Exit codes: 0 it is open, 1 it is not, 2 wrong use, 3 SmartClaw is not running.`;

export const lockExamples = `
Example:
  smartclaw keys lock

Exit codes: 0 it is locked, 1 there is no vault to lock, 3 SmartClaw is not running.`;

export const recoveryExamples = `
The vault must be open. The words go to stdout and the warning to stderr: send neither to a file that stays.

Examples:
  smartclaw keys recovery-phrase
  smartclaw keys recovery-phrase --replace   the earlier words open nothing any more

Exit codes: 0 done, 1 failed, 3 SmartClaw is not running.`;
