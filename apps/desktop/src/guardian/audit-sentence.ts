import type { AuditRow } from "@smartclaw/guardian";

/** A line of Guardian's record, in a sentence; why it was decided so stands in its body. */
export function auditSentence({ kind, body }: Pick<AuditRow, "kind" | "body">): string {
  const text = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
  switch (kind) {
    case "decision":
      return decisionSentence(text("decision"), text("text"));
    case "refused":
      return `Not allowed: ${text("text") || text("tool")}`;
    case "answer":
      return `You answered: ${answers[text("said")] ?? text("said")}`;
    case "start":
      return `Started: ${text("text")}`;
    case "end":
      return body["started"] === true
        ? `Ended ${typeof body["exitCode"] === "number" ? `with status ${body["exitCode"]}` : "by being killed"}`
        : "Was not started";
    case "file":
      return `File tool: ${text("what")} ${text("path")}`;
    case "grant": {
      if (typeof body["renewed"] === "string") return "You renewed a grant";
      const count = Array.isArray(body["grants"]) ? body["grants"].length : 1;
      return count === 1 ? "You granted or forbade something" : `You granted ${count} things`;
    }
    case "revoke":
      return "You revoked a grant";
    case "panic":
      return "You stopped everything";
    case "undo":
      return `${body["done"] === true ? "Undone" : "You undo"}: ${text("text")}`;
    case "arm":
      return "You armed Guardian again";
    case "offer":
      return body["said"] === "accepted"
        ? "You allowed for some days what you allow again and again"
        : "You did not want to be offered something again";
    case "pause":
      return `May not ask any more: ${text("asks")}`;
    case "resume":
      return "You let a conversation ask again";
    case "cut":
      return "The oldest lines were removed, as they were months old";
    case "request":
      return `Asked for: ${text("text")}`;
  }
}

const answers: Readonly<Record<string, string>> = {
  deny: "no",
  once: "yes, once",
  session: "yes, for this conversation",
  gone: "nothing; the question was withdrawn",
  late: "nothing",
};

function decisionSentence(decision: string, text: string): string {
  if (decision === "allow") return `Allowed: ${text}`;
  return `${decision === "ask" ? "Asked you about" : "Not allowed"}: ${text}`;
}
