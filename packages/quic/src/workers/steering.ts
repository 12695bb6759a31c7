import type { CryptoProvider } from '@tsquic/crypto';
import type { Address } from '@tsquic/quic-core';
import { HalfSipHash, type QuicLbServerConfig, WorkerIds } from '@tsquic/quic-core/load-balancing';
import { FirstFlights } from './first-flights.ts';
import { WorkerStates } from './worker-states.ts';

/** What all threads of a server need in order to agree where a datagram belongs. It can be cloned. */
export interface SteeringPlan {
  /** 16 bytes: of connection IDs, and of the table of first flights. */
  readonly key: Uint8Array;
  readonly quicLb: QuicLbServerConfig | undefined;
  readonly states: SharedArrayBuffer;
  readonly flights: SharedArrayBuffer;
}

/** A plan for a new server. */
export function createSteeringPlan(
  crypto: CryptoProvider,
  quicLb: QuicLbServerConfig | undefined,
): SteeringPlan {
  const key = new Uint8Array(16);
  crypto.random(key);
  return { key, quicLb, states: new WorkerStates().memory, flights: new FirstFlights().memory };
}

/**
 * Decides which worker a datagram belongs to. The IDs that a worker issues name it, so that a client may change its
 * address; a first flight goes where its first datagram went, which is the worker that the system or the dispatcher chose.
 */
export class Steering {
  readonly ids: WorkerIds;
  readonly states: WorkerStates;
  private readonly flights: FirstFlights;
  private readonly hash: HalfSipHash;

  /** Throws `QuicUsageError` for a configuration of QUIC-LB that leaves workers no room. */
  constructor(crypto: CryptoProvider, { key, quicLb, states, flights }: SteeringPlan) {
    this.ids = new WorkerIds(crypto, {
      key: key.subarray(0, 8),
      ...(quicLb === undefined ? {} : { quicLb }),
    });
    this.hash = new HalfSipHash(key.subarray(8));
    this.states = new WorkerStates(states);
    this.flights = new FirstFlights(flights);
  }

  /**
   * The worker for this datagram. A worker that is asked for is one that lives.
   *
   * @param here - the worker that has the datagram; -1 for a dispatcher, which is none.
   * @returns -1 when there is no worker.
   */
  workerFor(datagram: Uint8Array, from: Address, here: number, nowMs: number): number {
    if (datagram.length === 0) return here;
    const issuer = this.ids.workerOf(datagram);
    if (this.states.of(issuer) !== 'absent') return issuer;
    if ((datagram[0]! & LONG_HEADER) === 0) return this.byAddress(from, here);
    const length = datagram[5] ?? 0;
    if (length < MIN_FIRST_ID || datagram.length < 6 + length) return this.byAddress(from, here);
    const hash = this.hash.of(datagram, 6, length);
    const preferred = this.states.of(here) === 'active' ? here : this.byAddress(from, -1);
    const worker = this.flights.workerFor(hash, preferred, nowMs);
    return this.states.of(worker) === 'absent' ? preferred : worker;
  }

  /** Where no connection ID helps: as the system does, so that resets of a client reach the worker that it had. */
  private byAddress({ ip, port }: Address, here: number): number {
    if (this.states.of(here) !== 'absent') return here;
    const bytes = new Uint8Array(ip.length + 2);
    for (let i = 0; i < ip.length; i++) bytes[i] = ip.charCodeAt(i);
    bytes[ip.length] = port;
    bytes[ip.length + 1] = port >>> 8;
    return this.states.choose(this.hash.of(bytes, 0, bytes.length));
  }
}

const LONG_HEADER = 0x80;
/** RFC 9000 §7.2 */
const MIN_FIRST_ID = 8;
