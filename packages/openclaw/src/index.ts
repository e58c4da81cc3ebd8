export { createChat, type Chat, type ChatDeps } from "./chat/chat.ts";
export { type Activity, readActivity } from "./gateway/activity.ts";
export { drainGateway } from "./gateway/drain-gateway.ts";
export { createGatewayClient, type Gateway, type GatewayClientDeps } from "./gateway/gateway-client.ts";
export { type ConfiguredModels, untilModelsApplied } from "./gateway/applied-models.ts";
export { probeGateway } from "./gateway/gateway-probe.ts";
export { guardArguments, type GuardReport } from "./guard/guard-reports.ts";
export { installSecretProvider, type SecretProviderCommand } from "./secrets/install-provider.ts";
export { createSecretsWindow, type SecretsWindow, type SecretsWindowDeps } from "./secrets/secrets-window.ts";
export type { GatewayLaunch, GatewayLine } from "./supervisor/gateway-process.ts";
export { findFreePort } from "./supervisor/ports.ts";
export { runBackup } from "./releases/run-backup.ts";
export type { OpenClawProgram } from "./supervisor/run-openclaw.ts";
export { runRepair } from "./supervisor/run-repair.ts";
export { createSupervisor, type Supervisor, type SupervisorDeps } from "./supervisor/supervisor.ts";
export type { SupervisorLimits } from "./supervisor/supervisor-state.ts";
export { untilReady } from "./supervisor/until-ready.ts";
export { systemTimer, type SetTimer } from "./supervisor/timers.ts";
export { ownerOf } from "./watchdog/connection-owner.ts";
export { createProcessTree, type ProcessTree } from "./watchdog/process-tree.ts";
export { createSocketScanner } from "./watchdog/socket-scanner.ts";
export type { TreeSocket } from "./watchdog/tree-socket.ts";
export { startWatchdog, type WatchdogDeps } from "./watchdog/watchdog.ts";
export { gatewayArguments, gatewayEnvironment, guardEnvironment } from "./config/gateway-process.ts";
export {
  type ConfigInput,
  type DoorProvider,
  type GuardianPlace,
  renderConfig,
  secretIds,
} from "./config/render-config.ts";
export { installGuardianPlugin } from "./plugin/install-plugin.ts";
export { type Disobedience, disobedienceOf, type ObedienceQuestion } from "./plugin/obedience.ts";
export { openclawComponent } from "./install/component.ts";
export { createInstaller, type Installer, type InstallerDeps } from "./install/installer.ts";
export { createReleaseLists, type ReleaseLists } from "./install/release-lists.ts";
export { createReleases, type Releases } from "./releases/releases.ts";
export { bundledNode } from "./runtime/find-runtime.ts";
export { runtimeComponent } from "./runtime/runtime-component.ts";
export { createRuntimeInstaller, type RuntimeInstaller } from "./runtime/runtime-installer.ts";
export { createRuntimes, type Runtimes } from "./runtime/runtimes.ts";
export { createStates, type States } from "./releases/states.ts";
export { type Inventory, inventory, lossBetween, takeInventory } from "./rehearsal/inventory.ts";
export { clearRehearsal } from "./rehearsal/clear-rehearsal.ts";
export { rehearse, type RehearsalDeps } from "./rehearsal/rehearse.ts";
export { standInModel, startStandInModel } from "./rehearsal/stand-in-model.ts";
export { takeTurnAside } from "./rehearsal/turn-aside.ts";
