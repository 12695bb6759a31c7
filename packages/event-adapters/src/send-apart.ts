import type { Address } from '@tsquic/quic-core';
import type { DatagramPort } from './datagram-port.ts';

/** Send a train as a datagram for each segment, as `DatagramPort.sendTrain` describes it. */
export function sendApart(
  port: Pick<DatagramPort, 'send'>,
  bytes: Uint8Array,
  start: number,
  end: number,
  segmentBytes: number,
  to: Address,
  ecn: number,
  from?: Address,
  interfaceIndex?: number,
): void {
  for (let at = start; at < end; at += segmentBytes)
    port.send(bytes, at, Math.min(at + segmentBytes, end), to, ecn, from, interfaceIndex);
}
