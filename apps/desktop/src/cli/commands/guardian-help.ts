export const checkExamples = `
Each line is judged by the grants that stand in it. A folder that is not on this computer is taken for one in a
made-up home, /home/u, which has a project and what an attacker would have left there.

Examples:
  smartclaw guardian check commands.jsonl          a table, with the first reason of each
  smartclaw guardian check commands.jsonl --json   one object a line: id, decision, reasons`;

export const grantExamples = `
Examples:
  smartclaw guardian grant look ~/notes                read what is in a folder
  smartclaw guardian grant work ~/project              and change what is in it
  smartclaw guardian grant run git status              with any arguments that are only data
  smartclaw guardian grant run npm test --exact        and nothing behind it
  smartclaw guardian grant browse https://example.org  read its pages in the assistant's browser
  smartclaw guardian grant browse https://example.org --act  and click and type there
  smartclaw guardian grant tool sessions_spawn         have sub-agents do a part of the work
  smartclaw guardian grant write ~/project/.env --deny whatever else is granted`;

export const undoExamples = `
Before the assistant's commands and file tools remove or write over something, a copy is kept. What is there now is kept
before anything is put back, so that undoing can be undone. Only files come back: nothing that was sent, and nothing that
the project's own programs did.

Examples:
  smartclaw guardian undo                  what can be undone, the newest first
  smartclaw guardian undo 3f2a             by its id, or the beginning of that
  smartclaw guardian undo 3f2a --force     although somebody changed something there since`;
