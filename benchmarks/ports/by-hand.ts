import type { Socket } from 'node:dgram';
import { nodeClock } from '@tsquic/event-adapters';
import { createOutgoingDatagram, type QuicEvent, type QuicHostContext } from '@tsquic/quic-core';

/** A context joined to a socket by the three calls alone. Call the result after using the context from outside. */
export function driveByHand(
  context: QuicHostContext,
  socket: Socket,
  onEvent: (event: QuicEvent) => void,
): () => void {
  const { address: ip, port } = socket.address();
  const local = { ip, port };
  const out = createOutgoingDatagram(new Uint8Array(1500));
  let timeout: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let closed = false;
  const turn = (): void => {
    for (let event = context.nextEvent(); event !== undefined; event = context.nextEvent()) onEvent(event);
    for (let sent = 0; sent < 64 && !closed && context.prepareNextPacket(out, nodeClock.nowUs()) > 0; sent++)
      socket.send(out.buffer.slice(0, out.length), out.to.port, out.to.ip);
    if (!closed) arm();
  };
  const disarm = (): void => {
    clearImmediate(immediate);
    clearTimeout(timeout);
  };
  const arm = (): void => {
    disarm();
    const delayUs = context.nextWakeDelay(nodeClock.nowUs(), 60_000_000);
    if (delayUs < 1000) immediate = setImmediate(turn);
    else timeout = setTimeout(turn, delayUs / 1000);
  };
  socket.on('message', (bytes, from) => {
    const sender = { ip: from.address, port: from.port };
    context.incomingPacket(bytes, sender, local, 0, 0, nodeClock.nowUs());
    if (!closed) arm();
  });
  socket.once('close', () => {
    closed = true;
    disarm();
  });
  return turn;
}
