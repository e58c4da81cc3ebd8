import type { GrantStore } from "../grants/grant-store.ts";
import type { SandboxRun } from "../sandbox/sandbox.ts";

type Job = Pick<SandboxRun, "id" | "kill">;

/** The commands that run. One goes on only while every grant that let it through is there. */
export interface Jobs {
  /** @param grants by which it was let through */
  add(job: Job, grants: readonly string[]): void;
  kill(id: string): void;
  delete(id: string): void;
}

export function createJobs(store: Pick<GrantStore, "list" | "onChange">): Jobs {
  const jobs = new Map<string, { readonly job: Job; readonly grants: readonly string[] }>();

  function killUngranted(): void {
    if (jobs.size === 0) return;
    const there = new Set(store.list().map(({ id }) => id));
    for (const { job, grants } of jobs.values()) if (!grants.every((id) => there.has(id))) job.kill();
  }

  store.onChange(killUngranted);
  return {
    add(job, grants) {
      jobs.set(job.id, { job, grants });
      // One may have been taken back while it was made ready.
      killUngranted();
    },
    kill: (id) => jobs.get(id)?.job.kill(),
    delete: (id) => void jobs.delete(id),
  };
}
