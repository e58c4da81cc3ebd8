export { createInstaller, type Installer, type InstallerDeps } from "./installer.ts";
