import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { WireDatagram } from './observation.ts';

/** A UDP relay between a client and a server that keeps a copy of every datagram. */
export interface Tap {
  /** Where the client has to connect. */
  readonly port: number;
  readonly datagrams: readonly WireDatagram[];
  close(): void;
}

/** Opens a relay on `host` in front of `serverPort` on the same host. It changes nothing and drops nothing. */
export async function openTap(host: string, serverPort: number): Promise<Tap> {
  const type = host.includes(':') ? 'udp6' : 'udp4';
  const datagrams: WireDatagram[] = [];
  const flows = new Map<number, Socket>();
  const front = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
  let closed = false;

  const record = (sender: 'client' | 'server', clientPort: number, bytes: Buffer): void => {
    const atUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
    datagrams.push({ atUs, sender, clientPort, bytes });
  };
  const openFlow = (clientPort: number): Socket => {
    const flow = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    flow.on('error', ignoreRefusal);
    flow.on('message', (bytes) => {
      record('server', clientPort, bytes);
      if (!closed) front.send(bytes, clientPort, host);
    });
    flows.set(clientPort, flow);
    return flow;
  };

  front.on('error', ignoreRefusal);
  front.on('message', (bytes, from) => {
    record('client', from.port, bytes);
    (flows.get(from.port) ?? openFlow(from.port)).send(bytes, serverPort, host);
  });
  front.bind(0, host);
  await once(front, 'listening');
  return {
    port: front.address().port,
    datagrams,
    close: () => {
      closed = true;
      front.close();
      for (const flow of flows.values()) flow.close();
    },
  };
}

const RECEIVE_BUFFER_BYTES = 4 << 20;

/** An endpoint that is gone shows as a refused port; the judge sees the missing datagrams anyway. */
function ignoreRefusal(): void {}
