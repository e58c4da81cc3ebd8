import { Command as Program } from "commander";
import type { Command, Context } from "./context.ts";
import { join } from "node:path";
import {
  keysExamples,
  lockExamples,
  recoveryExamples,
  setupExamples,
  unlockExamples,
  whereExamples,
} from "./keys-help.ts";
import { checkExamples, grantExamples, undoExamples } from "./commands/guardian-help.ts";
import * as help from "./commands/update-help.ts";
import { daemonNodeFlags } from "../daemon/node-flags.ts";
import { pathsOf } from "../daemon/paths.ts";
import { version } from "../daemon/version.ts";
import { createOutput, exit } from "./output.ts";
import { reach } from "./reach.ts";

const examples = `
Examples:
  smartclaw start                  start in the background and open the dashboard
  smartclaw status --json          everything that runs, for programs
  smartclaw keys add openai        add a key; it is asked for, or read from stdin
  smartclaw keys where             where the master key lives, and whether the vault is open
  smartclaw update                 which version runs, and whether there is a newer one
  smartclaw logs --follow          see what happens
  smartclaw prove                  check the promises on this computer

Exit codes: 0 done, 1 failed, 2 wrong use, 3 SmartClaw is not running, 4 something is not healthy.`;

/** @param installed the daemon's program, as the user installed it */
export async function main(installed: string): Promise<void> {
  const paths = pathsOf(process.env, process.platform);
  const program = new Program("smartclaw")
    .description("A private OpenClaw on this computer.")
    .version(version)
    .option("--json", "answer as JSON on stdout")
    .addHelpText("after", examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? exit.ok : exit.usage));

  /** Runs a command with the global options, and turns what it throws into a sentence and an exit code. */
  async function execute<Options>(command: Command<Options>, options: Options): Promise<void> {
    const output = createOutput({
      json: program.opts<{ json?: boolean }>().json === true,
      noColour: process.env["NO_COLOR"] !== undefined,
    });
    const context: Context = {
      paths,
      output,
      environment: process.env,
      client: async () => {
        await reach(paths.socket);
        return (await import("./client.ts")).createClient(paths.socket);
      },
      installed,
      daemon: [process.execPath, ...daemonNodeFlags, installed],
      root: join(installed, "..", "..", "..", ".."),
      version,
    };
    try {
      process.exitCode = await command(context, options);
    } catch (error) {
      const report = (await import("./fault.ts")).faultOf(error);
      output.fail(report);
      process.exitCode =
        report.code === "DAEMON_NOT_RUNNING"
          ? exit.notRunning
          : report.code === "BAD_REQUEST"
            ? exit.usage
            : exit.failed;
    }
  }

  /** Commands are loaded when they are used, so that each starts quickly. */
  function command(name: string, description: string, parent = program): Program {
    // `--json` may stand after the command as well.
    return parent
      .command(name)
      .description(description)
      .option("--json", "answer as JSON on stdout")
      .hook("preAction", (_, action) => {
        if (action.opts<{ json?: boolean }>().json === true) program.setOptionValue("json", true);
      });
  }

  const starting = (one: Program): Program =>
    one
      .option("--port <number>", "use exactly this port")
      .option("--follow", "stay until OpenClaw is ready")
      .option("--no-open", "do not open the browser");

  starting(command("start", "start SmartClaw in the background")).action(async (options) =>
    execute((await import("./commands/start.ts")).start, options),
  );
  command("stop", "stop OpenClaw and SmartClaw").action(async () =>
    execute((await import("./commands/stop.ts")).stop, {}),
  );
  starting(command("restart", "stop and start")).action(async (options) =>
    execute((await import("./commands/stop.ts")).restart, options),
  );
  command("status", "what runs, with the dashboard link").action(async () =>
    execute((await import("./commands/inspect.ts")).status, {}),
  );
  command("open", "open the dashboard, signed in").action(async () =>
    execute((await import("./commands/inspect.ts")).open, {}),
  );
  command("doctor", "check everything and say what to do").action(async () =>
    execute((await import("./commands/inspect.ts")).doctor, {}),
  );
  command("logs", "the logs of SmartClaw and OpenClaw")
    .option("-f, --follow", "go on with new lines")
    .option("-n, --lines <number>", "how many lines", "100")
    .option("--source <name>", "smartclaw, openclaw or both", "both")
    .action(async (options) => execute((await import("./commands/logs.ts")).logs, options));
  command("prove", "check the promises of the security guide on this computer")
    .argument("[ids...]", "only these proofs")
    .action(async (ids: string[]) => execute((await import("./commands/prove.ts")).prove, { ids }));
  command("autostart", "start with the computer")
    .argument("<mode>", "on or off")
    .action(async (mode: string) => execute((await import("./commands/autostart.ts")).autostart, { mode }));

  const keys = command("keys", "connections to models and their keys").action(async () =>
    execute((await import("./commands/keys.ts")).list, {}),
  );
  const keysCommand = (name: string, description: string): Program => command(name, description, keys);
  keys.addHelpText("after", keysExamples);
  keysCommand("list", "the connections, and where the master key lives").action(async () =>
    execute((await import("./commands/keys.ts")).list, {}),
  );
  keysCommand("add", "add a connection; the key is asked for or read from stdin")
    .argument("<kind>", "openai, anthropic, google, ollama, lmstudio or compatible")
    .option("--url <address>", "base URL, for compatible")
    .option("--model <name>")
    .option("--label <text>")
    .action(async (kind: string, options) =>
      execute((await import("./commands/keys.ts")).add, { ...options, kind }),
    );
  for (const [name, description] of [
    ["test", "ask the model for one real answer"],
    ["rotate", "replace the key"],
    ["remove", "delete the connection and its key"],
  ] as const)
    keysCommand(name, description)
      .argument("<id>")
      .action(async (id: string) => execute((await import("./commands/keys.ts"))[name], { id }));
  keysCommand("import", "find keys in the clear on this computer")
    .option("--move", "move them into the vault and remove them from where they are")
    .action(async (options) => execute((await import("./commands/keys.ts")).importKeys, options));

  keysCommand("where", "which backend holds the master key, whether the vault is open, its slots")
    .addHelpText("after", whereExamples)
    .action(async () => execute((await import("./commands/vault.ts")).where, {}));
  keysCommand("setup", "choose where the master key lives, or add a further way to open the vault")
    .argument("[place]", "passphrase, key-file, systemd-credential or keystore")
    .argument("[value]", "PATH of the key file, or NAME of the credential")
    .addHelpText("after", setupExamples)
    // Taken, and refused by the command: Commander's own refusal would print a passphrase that stands there.
    .allowExcessArguments()
    .action(async (place: string | undefined, value: string | undefined, _options, { args }: Program) =>
      execute((await import("./commands/vault-secrets.ts")).setup, { place, value, excess: args.length > 2 }),
    );
  keysCommand("unlock", "open the vault")
    .option("--recovery-phrase", "with the 24 words instead of the passphrase")
    .option("--retry", "type nothing; ask the keystore, the credential or the key file again")
    .addHelpText("after", unlockExamples)
    .allowExcessArguments()
    .action(async (options, { args }: Program) =>
      execute((await import("./commands/vault-secrets.ts")).unlock, { ...options, excess: args.length > 0 }),
    );
  keysCommand("lock", "forget the master key until `keys unlock`")
    .addHelpText("after", lockExamples)
    .action(async () => execute((await import("./commands/vault.ts")).lock, {}));
  keysCommand("recovery-phrase", "make a recovery phrase and print its 24 words, once")
    .option("--replace", "end the one that there is")
    .addHelpText("after", recoveryExamples)
    .action(async (options) => execute((await import("./commands/vault.ts")).recoveryPhrase, options));

  const live = () => import("./commands/guardian-live.ts");
  const guardian = command("guardian", "what the assistant may do on this computer").action(async () =>
    execute((await live()).status, {}),
  );
  command("status", "Agentic Mode, the sandbox, questions that wait", guardian).action(async () =>
    execute((await live()).status, {}),
  );
  command("on", "let the assistant act, as far as you grant it", guardian).action(async () =>
    execute((await live()).agenticMode, { on: true }),
  );
  command("off", "take that away again", guardian).action(async () =>
    execute((await live()).agenticMode, { on: false }),
  );
  command("grants", "everything that is granted or forbidden", guardian).action(async () =>
    execute((await live()).grants, {}),
  );
  command("grant", "grant something, or forbid it", guardian)
    .argument("<what>", "look, work or build for a folder; or run, read, write, reach, browse, tool")
    .argument("<words...>", "the folder, the program and its first arguments, the path, the host or the site")
    .option("--deny", "forbid it, whatever else is granted")
    .option("--exact", "of run: with no further arguments")
    .option("--act", "of browse: click and type, not only read")
    .option("--script", "of browse: run scripts, too")
    .option("--days <count>", "for how long", "30")
    .addHelpText("after", grantExamples)
    .action(async (what: string, words: string[], options) =>
      execute((await live()).grant, { what, words, ...options }),
    );
  command("revoke", "take a grant back", guardian)
    .argument("<id>", "as `grants` shows it")
    .action(async (id: string) => execute((await live()).revoke, { id }));
  const learned = () => import("./commands/guardian-offers.ts");
  const offers = command("offers", "what you allow again and again, and could grant", guardian).action(
    async () => execute((await learned()).offers, {}),
  );
  command("accept", "grant what is offered, for 7 days", offers)
    .argument("<id>", "as `offers` shows it")
    .action(async (id: string) => execute((await learned()).answerOffer, { id, accept: true }));
  command("dismiss", "do not offer it again for 30 days", offers)
    .argument("<id>", "as `offers` shows it")
    .action(async (id: string) => execute((await learned()).answerOffer, { id, accept: false }));
  command("resume", "let conversations ask again that heard no three times", guardian)
    .argument("[session]", "as `status` shows it; without it, all of them")
    .action(async (session: string | undefined) =>
      execute((await learned()).resume, session === undefined ? {} : { session }),
    );
  command("test", "what would be answered to a list of commands now; runs nothing", guardian)
    .argument("[folder]", "in which they would run", ".")
    .action(async (folder: string) => execute((await live()).test, { folder }));
  command("panic", "stop everything and void every grant", guardian).action(async () =>
    execute((await live()).panic, {}),
  );
  command("arm", "begin again after a panic", guardian).action(async () => execute((await live()).arm, {}));
  const log = command("log", "what was asked, decided and done, the newest first", guardian)
    .option("--limit <count>", "how many lines", "50")
    .action(async (options) => execute((await live()).log, options));
  command("verify", "whether the log is as it was written", log).action(async () =>
    execute((await live()).verify, {}),
  );
  command("export", "all of it as JSON lines", log)
    .argument("[file]", "a file that is not there yet; without it, stdout")
    .action(async (file: string | undefined) =>
      execute((await live()).exportLog, file === undefined ? {} : { file }),
    );
  command("undo", "put back what an action removed or wrote over", guardian)
    .argument("[id]", "as the list shows it; without it, or with `list`, the list", "list")
    .option("--force", "also over what was changed since; that is kept, too")
    .addHelpText("after", undoExamples)
    .action(async (id: string, options) =>
      execute((await import("./commands/guardian-undo.ts")).undo, { id, ...options }),
    );
  command("check", "what would be answered to the commands in a file; runs nothing", guardian)
    .argument("<file>", "one JSON object a line: id, cmd, cwd, grants, and caller or now if they matter")
    .addHelpText("after", checkExamples)
    .action(async (file: string) => execute((await import("./commands/guardian.ts")).check, { file }));

  const update = command("update", "newer versions of OpenClaw, and the way back").action(async () =>
    execute((await import("./commands/update.ts")).status, {}),
  );
  const updateCommand = (name: string, description: string, examples: string): Program =>
    command(name, description, update).option("--self", "of SmartClaw itself").addHelpText("after", examples);
  update.addHelpText("after", help.updateExamples);
  updateCommand("status", "what runs, what was found, what becomes of it", help.statusExamples).action(
    async (options) => execute((await import("./commands/update.ts")).status, options),
  );
  updateCommand("check", "look for a newer version now", help.checkExamples).action(async (options) =>
    execute((await import("./commands/update.ts")).check, options),
  );
  updateCommand("apply", "update now, and follow it to its end", help.applyExamples)
    .argument("[version]", "this version instead of the newest")
    .action(async (version: string | undefined, options) =>
      execute((await import("./commands/update-follow.ts")).apply, {
        ...options,
        ...(version === undefined ? {} : { version }),
      }),
    );
  updateCommand("rollback", "go back to the version before, and follow it", help.rollbackExamples).action(
    async (options) => execute((await import("./commands/update-follow.ts")).rollback, options),
  );
  updateCommand("hold", "stay on the version that runs", help.holdExamples)
    .option("--off", "no longer")
    .action(async (options) => execute((await import("./commands/update.ts")).hold, options));
  updateCommand("pin", "let only one version be installed", help.pinExamples)
    .argument("[version]", "the version; the one that runs if there is none")
    .option("--off", "no longer")
    .action(async (version: string | undefined, options) =>
      execute((await import("./commands/update.ts")).pin, {
        ...options,
        ...(version === undefined ? {} : { version }),
      }),
    );
  updateCommand("skip", "pass a version over", help.skipExamples)
    .argument("<version>")
    .option("--off", "no longer")
    .action(async (version: string, options) =>
      execute((await import("./commands/update.ts")).skip, { ...options, version }),
    );
  updateCommand("auto", "look and install by itself", help.autoExamples)
    .argument("<mode>", "on or off")
    .action(async (mode: string, options) =>
      execute((await import("./commands/update.ts")).auto, { ...options, mode }),
    );
  updateCommand("history", "how the last updates ended", help.historyExamples)
    .option("-n, --limit <number>", "how many records", "100")
    .action(async (options) => execute((await import("./commands/update.ts")).history, options));

  await program.parseAsync();
}
