export {
  type RegistryFault,
  type RegistryStandIn,
  type StandInRelease,
  startRegistryStandIn,
} from "./registry-stand-in.ts";
export { type Character, createToyTarget, installToy } from "./toy-target.ts";
export { initRepository, publish } from "../self/repository.ts";
