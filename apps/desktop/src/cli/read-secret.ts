import { isUtf8 } from "node:buffer";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Secret, SmartClawError } from "@smartclaw/contracts";

/** Longer than anything that is asked for; what never ends must not fill the memory. */
const longestBytes = 32 * 1024;

/**
 * A secret from a person or a program: typed without being shown where stdin is a terminal, else the first line of
 * stdin. Never from an argument or the environment, which other programs can read. Blanks at its ends are not part of
 * it, as on the page. Empty when nothing was given.
 * @param question.again asked after the first one on a terminal, where nobody sees a slip; both answers must be equal
 * @throws SmartClawError CANCELLED, BAD_REQUEST
 */
export async function readSecret(question: { first: string; again?: string }): Promise<Secret> {
  if (!process.stdin.isTTY) return Secret.fromText((await firstLine()).trim());
  const { first, again } = question;
  const [typed = "", repeated] = await ask(again === undefined ? [first] : [first, again]);
  if (repeated !== undefined && repeated.trim() !== typed.trim())
    throw new SmartClawError(
      "BAD_REQUEST",
      "The two that you typed are not the same, so nothing was changed.",
      "Run the command again and type it twice.",
    );
  return Secret.fromText(typed.trim());
}

async function ask(questions: readonly string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for all questions: what was pasted with a line end is not lost between two. No history: a key must not
  // bring the first answer back at the second question.
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const lines = reader[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const question of questions) {
      process.stderr.write(question);
      const line = await lines.next();
      process.stderr.write("\n");
      // Ctrl-C and Ctrl-D close the reader.
      if (line.done === true)
        throw new SmartClawError(
          "CANCELLED",
          "You stopped it, so nothing was changed.",
          "Run it again when you like.",
        );
      answers.push(line.value);
    }
  } finally {
    reader.close();
  }
  return answers;
}

async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    const end = chunk.indexOf("\n");
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    length += chunk.length;
    if (end !== -1 || length > longestBytes) break;
  }
  const line = Buffer.concat(chunks);
  // Bytes that are no text would all become the same character, and another secret would do as well.
  if (!isUtf8(line))
    throw new SmartClawError(
      "BAD_REQUEST",
      "What came on stdin is not UTF-8 text.",
      "Pass it as UTF-8; a key of random bytes belongs into a key file.",
    );
  return line.toString("utf8");
}
