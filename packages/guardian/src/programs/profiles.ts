import type { Profile } from "./call.ts";
import { archiveProfiles } from "./profiles/archive.ts";
import { buildProfiles } from "./profiles/build.ts";
import { filesProfiles } from "./profiles/files.ts";
import { findProfiles } from "./profiles/find.ts";
import { gitProfiles } from "./profiles/git.ts";
import { lookProfiles } from "./profiles/look.ts";
import { netProfiles } from "./profiles/net.ts";
import { searchProfiles } from "./profiles/search.ts";
import { textProfiles } from "./profiles/text.ts";

const profiles: Readonly<Record<string, Profile>> = {
  ...lookProfiles,
  ...searchProfiles,
  ...textProfiles,
  ...filesProfiles,
  ...findProfiles,
  ...archiveProfiles,
  ...netProfiles,
  ...gitProfiles,
  ...buildProfiles,
};

/** What is known of a program's arguments; null when nothing is. */
export function profileOf(name: string): Profile | null {
  return Object.hasOwn(profiles, name) ? (profiles[name] ?? null) : null;
}
