import { createTestIdentity, TEST_UNIX_TIME_US } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import { skipCertificateCheck } from '@tsquic/tls13';
import type { Address } from '@tsquic/quic-core';
import { VERSION_1 } from '@tsquic/quic-core/wire';
import { type Finding, type LoggedPacket, type Row, type Setting, Trial } from '../../src/index.ts';

/** Where the one under test is. */
export const VICTIM: Address = { ip: '192.0.2.1', port: 443 };

/** Who is tested, in virtual time. */
export interface Victim {
  incoming(bytes: Uint8Array, from: Address, nowUs: number): void;
  /** The next datagram to send, or undefined. */
  next(nowUs: number): { readonly bytes: Uint8Array; readonly to: Address } | undefined;
  /** When it wants to act; Infinity for never. */
  wakeAtUs(nowUs: number): number;
  /** The row does the special thing now. */
  onAct?(nowUs: number): void;
}

/** The address of a socket of the tool. */
export function addressOf(socket: number): Address {
  return { ip: '192.0.2.66', port: 6000 + socket };
}

/** What rows have in common here. */
export function createSetting(): Setting {
  const crypto = seededCrypto(7);
  return {
    crypto,
    alpn: ['test'],
    serverName: 'server.test',
    version: VERSION_1,
    timeoutMs: 2000,
    patienceMs: 2000,
    verifier: skipCertificateCheck,
    identity: createTestIdentity(crypto),
    unixTimeMs: () => TEST_UNIX_TIME_US / 1000,
  };
}

/** Play a row against a victim: nothing is lost, and each datagram arrives a millisecond after it left. */
export function playRow(
  row: Row,
  victim: Victim,
  setting: Setting = createSetting(),
): { readonly finding: Finding; readonly packets: readonly LoggedPacket[] } {
  let nowUs = 1_000_000;
  const trial = new Trial(row, setting, nowUs, () => victim.onAct?.(nowUs));
  for (let turn = 0; turn < MOST_TURNS && trial.finding === undefined; turn++) {
    const moved = exchange(trial, victim, nowUs);
    const nextUs = moved ? nowUs + 1000 : Math.min(trial.wakeAtUs, victim.wakeAtUs(nowUs));
    if (nextUs === Infinity) break;
    nowUs = Math.max(nowUs + 1, Math.ceil(nextUs));
    trial.onTime(nowUs);
  }
  if (trial.finding === undefined) throw new Error(`${row.name} did not end`);
  return { finding: trial.finding, packets: trial.packets };
}

/** Datagrams both ways; whether there were any. */
function exchange(trial: Trial, victim: Victim, nowUs: number): boolean {
  let moved = false;
  for (let out = trial.nextDatagram(); out !== undefined; out = trial.nextDatagram()) {
    victim.incoming(out.bytes.slice(), addressOf(out.socket), nowUs);
    moved = true;
  }
  for (let back = victim.next(nowUs); back !== undefined; back = victim.next(nowUs)) {
    trial.incomingDatagram(back.bytes, back.to.port - 6000, VICTIM, nowUs);
    moved = true;
  }
  return moved;
}

const MOST_TURNS = 100_000;
