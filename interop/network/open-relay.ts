import type { Address } from '@tsquic/quic-core';
import { MACHINE_CLOCK } from './clock.ts';
import { PcapFile } from './pcap-file.ts';
import type { RelayPlan } from './plan.ts';
import { Relay, type RelayCounts } from './relay.ts';
import { openMarkedSocket, openUdpSocket, showsEcn } from './socket.ts';

/** Files to capture to: what a client's side sees, and what the server's side sees. */
export interface CapturePaths {
  readonly left: string;
  readonly right: string;
}

/** A relay in real time. */
export interface OpenRelay {
  /** Where clients send to, in the plan's order. */
  readonly fronts: readonly Address[];
  /** The counts so far. */
  counts(): RelayCounts;
  /** Ends it and resolves to its counts when the captures are written; so does a second call. */
  close(): Promise<RelayCounts>;
}

/** Opens a relay over UDP sockets, which captures where it is told to; rejects with the system's error. */
export async function openRelay(plan: RelayPlan, captures?: CapturePaths): Promise<OpenRelay> {
  const files = captures && { left: new PcapFile(captures.left), right: new PcapFile(captures.right) };
  const relay = new Relay(plan, {
    openSocket: showsEcn() ? openMarkedSocket : openUdpSocket,
    clock: MACHINE_CLOCK,
    onSeen: (side, datagram, unixUs) => files?.[side].add(datagram, unixUs),
  });
  let closing: Promise<RelayCounts> | undefined;
  const close = (): Promise<RelayCounts> => {
    relay.close();
    closing ??= Promise.all([files?.left.close(), files?.right.close()]).then(() => relay.counts);
    return closing;
  };
  try {
    return { fronts: await relay.open(), counts: () => relay.counts, close };
  } catch (error) {
    await close();
    throw error;
  }
}
