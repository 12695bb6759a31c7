import type { OutgoingDatagram, QuicEvent } from '@tsquic/quic-core';
import type { Datagram } from './datagram.ts';
import type { Host } from './host.ts';
import type { Link } from './link.ts';

/** Is called at every step of a world, without changing it. */
export interface Observer {
  /** A datagram leaves a host; addresses as seen outside its NAT. */
  onSend?(host: Host, datagram: Datagram, nowUs: number): void;
  /** A datagram is handed to a host's context. */
  onReceive?(host: Host, datagram: Datagram, nowUs: number): void;
  /** A link delivered a datagram at its far end. */
  onDeliver?(link: Link, datagram: Datagram, nowUs: number): void;
  onBeforePrepare?(host: Host, nowUs: number): void;
  onAfterPrepare?(host: Host, out: OutgoingDatagram, length: number, nowUs: number): void;
  /** A host's turn ends with nothing left to do at this time. */
  onIdle?(host: Host, nowUs: number): void;
  onEvent?(host: Host, event: QuicEvent, nowUs: number): void;
}

/** One observer that calls all of `observers`, which may grow later. */
export function createObservers(observers: readonly Observer[]): Observer {
  return {
    onSend: (host, datagram, nowUs) => observers.forEach((o) => o.onSend?.(host, datagram, nowUs)),
    onReceive: (host, datagram, nowUs) => observers.forEach((o) => o.onReceive?.(host, datagram, nowUs)),
    onDeliver: (link, datagram, nowUs) => observers.forEach((o) => o.onDeliver?.(link, datagram, nowUs)),
    onBeforePrepare: (host, nowUs) => observers.forEach((o) => o.onBeforePrepare?.(host, nowUs)),
    onAfterPrepare: (host, out, length, nowUs) =>
      observers.forEach((o) => o.onAfterPrepare?.(host, out, length, nowUs)),
    onIdle: (host, nowUs) => observers.forEach((o) => o.onIdle?.(host, nowUs)),
    onEvent: (host, event, nowUs) => observers.forEach((o) => o.onEvent?.(host, event, nowUs)),
  };
}
