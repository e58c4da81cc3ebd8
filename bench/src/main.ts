import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { measureChat } from "./chat.ts";
import { measureGuardian } from "./guardian.ts";
import { measureModelProxy } from "./model-proxy.ts";
import { measureProduct } from "./product.ts";
import { measureUpdates } from "./updates.ts";

const beside = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const proxy = await measureModelProxy();
const rows = [
  ...proxy,
  ...(await measureChat(proxy[0].value)),
  ...(await measureProduct()),
  ...(await measureGuardian()),
  ...(await measureUpdates()),
];
const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 1e9)} GB, Node ${process.versions.node}, ${process.platform}`;
const table = rows.map(
  (one) =>
    `| ${one.name} | ${`${one.value} ${one.unit}`.trim()} | ${`${one.beside} ${one.unit}`.trim()} | ${one.ratio} | ${one.goal} | ${one.met ? "yes" : "**no**"} |`,
);
const head = "| measure | value | beside | ratio | goal | met |\n|---|---|---|---|---|---|";
const intro = `${new Date().toISOString().slice(0, 10)} on ${machine}. Each value stands beside its limit or a peer of the same run; \`npm run bench\` writes this file.`;
const chat =
  "Chat's added time is the sum of the three parts of the way that are SmartClaw's (bench/src/chat.ts): OpenClaw's own work takes most of a turn and differs by more than that from one to the next, as the row below it shows.";
const text = `# Measures\n\n${intro}\n\n${head}\n${table.join("\n")}\n\n${chat}\n`;
writeFileSync(beside("RESULTS.md"), text);
writeFileSync(beside("results.json"), `${JSON.stringify(rows, null, 2)}\n`);
process.stdout.write(text);
process.exit(0);
