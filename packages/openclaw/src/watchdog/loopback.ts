import { BlockList, isIP } from "node:net";

const addresses = new BlockList();
addresses.addSubnet("127.0.0.0", 8, "ipv4");
addresses.addAddress("::1", "ipv6");
addresses.addSubnet("::ffff:127.0.0.0", 104, "ipv6");

/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104. Anything that is not a literal address is not loopback. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  return addresses.check(address, family === 6 ? "ipv6" : "ipv4");
}
