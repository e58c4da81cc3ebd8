export const checkExamples = `
Each line is judged by the grants that stand in it. A folder that is not on this computer is taken for one in a
made-up home, /home/u, which has a project and what an attacker would have left there.

Examples:
  smartclaw guardian check commands.jsonl          a table, with the first reason of each
  smartclaw guardian check commands.jsonl --json   one object a line: id, decision, reasons`;
