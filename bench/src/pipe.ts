/** The least that can stand between two programs: bytes from one TCP connection to another, in a process of its own. */
import { connect, createServer, type AddressInfo } from "node:net";

const target = Number(process.argv[2]);
const server = createServer((client) => {
  const onward = connect(target, "127.0.0.1");
  for (const socket of [client, onward]) socket.setNoDelay(true).on("error", () => socket.destroy());
  client.pipe(onward).pipe(client);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
