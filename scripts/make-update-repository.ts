// Makes and keeps a repository of signed SmartClaw releases, that any web server can give away:
// `make-update-repository.ts init|publish|refresh|rotate FOLDER …`. What it prints says what comes next.
import { keepUpdateRepository } from "./lib/keep-update-repository.ts";
import { main } from "./lib/process.mjs";

await main(async () => {
  keepUpdateRepository(process.argv.slice(2), (text) => process.stdout.write(`${text}\n`));
  return 0;
});
