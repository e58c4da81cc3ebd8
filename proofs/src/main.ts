import { automationPermissions } from "./automation-permissions.ts";
import { directToProvider } from "./direct-to-provider.ts";
import { loopbackOnly } from "./loopback-only.ts";
import { nothingCallsHome } from "./nothing-calls-home.ts";
import { carryOut, type Proof } from "./proof.ts";
import { secretStorage } from "./secret-storage.ts";
import { silentUpdates } from "./silent-updates.ts";

/** In the order of the security guide. */
const proofs: readonly Proof[] = [
  secretStorage,
  automationPermissions,
  silentUpdates,
  loopbackOnly,
  nothingCallsHome,
  directToProvider,
];

const json = process.argv.includes("--json");
const wanted = process.argv.slice(2).filter((argument) => argument !== "--json");
const unknown = wanted.filter((id) => !proofs.some((proof) => proof.id === id));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no proof named ${unknown.join(", ")}. There are: ${proofs.map(({ id }) => id).join(", ")}.\n`,
  );
  process.exit(2);
}

const results = [];
for (const proof of proofs.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  process.stderr.write(`… ${proof.title}\n`);
  const result = await carryOut(proof);
  results.push(result);
  if (json) continue;
  const verdict =
    result.holds === null ? "not run" : result.holds && result.control === true ? "holds" : "DOES NOT HOLD";
  process.stdout.write(
    `${verdict}: ${result.title}\n${result.evidence.map((line) => `  · ${line}`).join("\n")}\n  limit: ${result.limit}\n\n`,
  );
}
if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
process.exit(results.every(({ holds, control }) => holds === null || (holds && control === true)) ? 0 : 1);
