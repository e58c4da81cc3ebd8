import type { DatabaseSync } from "node:sqlite";

/** Removes the leases in the database: they are held by the process that it was copied from under. */
export function dropLeases(database: DatabaseSync): void {
  for (const { name, type } of database.prepare("PRAGMA main.table_list").all())
    if (type === "table" && String(name).endsWith("_leases")) database.exec(`DELETE FROM ${quoted(name)}`);
}

/**
 * Lets every path in the database that leads into the folder `from` lead into `to`. OpenClaw writes where its other
 * databases lie, and would open those of the running release from a copy.
 */
export function relocate(database: DatabaseSync, from: string, to: string): void {
  database.exec("BEGIN IMMEDIATE");
  for (const table of database.prepare("PRAGMA main.table_list").all()) {
    // What belongs to a full-text index is its module's to change.
    if (table["type"] !== "table" || String(table["name"]).startsWith("sqlite_")) continue;
    for (const column of database.prepare(`PRAGMA main.table_info(${quoted(table["name"])})`).all()) {
      const [where, what] = [quoted(table["name"]), quoted(column["name"])];
      database
        .prepare(
          `UPDATE ${where} SET ${what} = CASE ${what} WHEN :from THEN :to ELSE replace(${what}, :from || '/', :to || '/') END
           WHERE typeof(${what}) = 'text' AND (${what} = :from OR instr(${what}, :from || '/') > 0)`,
        )
        .run({ from, to });
    }
  }
  database.exec("COMMIT");
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}
