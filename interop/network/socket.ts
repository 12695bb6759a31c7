import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { canOpenFfiPort, openFfiPort } from '@tsquic/event-adapters/ffi';
import type { Address } from '@tsquic/quic-core';

/** A bound UDP socket. */
export interface RelaySocket {
  readonly address: Address;
  /** `ecn` is 0 where sockets do not show it. */
  onDatagram: (bytes: Uint8Array, from: Address, ecn: number) => void;
  /** Sends with this ECN codepoint, where sockets set it. */
  send(bytes: Uint8Array, to: Address, ecn: number): void;
  close(): void;
}

/** Opens a socket at this IP address and port; rejects with the system's error. */
export type OpenSocket = (at: Address) => Promise<RelaySocket>;

/** Opens sockets of `node:dgram`. */
export const openUdpSocket: OpenSocket = async (at) => {
  const family = at.ip.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: `udp${family}`,
    recvBufferSize: BUFFER_BYTES,
    // The default look-up would defer each datagram to a later tick.
    lookup: (host, _options, done) => done(null, host, family),
  });
  // The look-up answers at once, and so may the event.
  const listening = once(socket, 'listening');
  socket.bind(at.port, at.ip);
  await listening;
  // An endpoint that is gone shows as a refused port: its other side sees that nothing comes.
  socket.on('error', () => undefined);
  let isOpen = true;
  const { address: ip, port } = socket.address();
  const opened: RelaySocket = {
    address: { ip, port },
    onDatagram: () => undefined,
    send: (bytes, to) => void (isOpen && socket.send(bytes, to.port, to.ip)),
    close: () => {
      if (isOpen) socket.close();
      isOpen = false;
    },
  };
  socket.on('message', (bytes, from) => opened.onDatagram(bytes, { ip: from.address, port: from.port }, 0));
  return opened;
};

/** Opens sockets that show and set ECN codepoints; only where `showsEcn` returns true. */
export const openMarkedSocket: OpenSocket = async ({ ip, port }) => {
  const socket = await openFfiPort({ ip, port, receiveBufferBytes: BUFFER_BYTES });
  const opened: RelaySocket = {
    address: socket.local,
    onDatagram: () => undefined,
    send: (bytes, to, ecn) => socket.send(bytes, 0, bytes.length, to, ecn),
    close: () => socket.close(),
  };
  // What a link delays must outlast the call.
  socket.onDatagram = (bytes, from, ecn) => opened.onDatagram(bytes.slice(), from, ecn);
  return opened;
};

/** Whether there are such sockets: with node:ffi, in the main thread. */
export const showsEcn: () => boolean = canOpenFfiPort;

const BUFFER_BYTES = 4 << 20;
