import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A port for a server, which no other cell of this run or of another one gets. */
export interface ServerPort {
  readonly port: number;
  /** Gives it back: the server has ended. */
  release(): void;
}

/**
 * Reserves a UDP port of this host for a server that binds it later. It is none that the system chooses for clients and
 * relays, and a TCP socket with the same number holds it among those who ask here. Rejects when none is free.
 */
export async function reserveServerPort(host: string): Promise<ServerPort> {
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = FIRST_PORT + (next++ % PORTS);
    const holder = await heldBy(host, port);
    if (holder === undefined) continue;
    if (await isUnbound(host, port)) return { port, release: () => void holder.close() };
    holder.close();
  }
  throw new Error(`all ports from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} of ${host} are taken`);
}

/** Below the dynamic ports of Linux, which begin at 32768, and of RFC 6335 §6. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** A port that was just given back may still have a server that ends late, so that it is the last to be given again. */
let next = Math.floor(Math.random() * PORTS);

/** A TCP socket at this port, or undefined where there is one. */
async function heldBy(host: string, port: number): Promise<Server | undefined> {
  const server = createServer().unref();
  server.listen({ host, port, exclusive: true });
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

async function isUnbound(host: string, port: number): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind({ address: host, port, exclusive: true });
  return once(socket, 'listening').then(
    () => {
      socket.close();
      return true;
    },
    () => false,
  );
}
