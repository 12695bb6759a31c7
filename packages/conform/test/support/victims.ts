import { createTestIdentity } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import {
  type Address,
  createOutgoingDatagram,
  QuicContext,
  type QuicContextOptions,
  type QuicEvent,
} from '@tsquic/quic-core';
import type { Subject } from '../../src/index.ts';
import { addressOf, VICTIM, type Victim } from './stage.ts';

/** A context of ours as the one under test. */
export class OurVictim implements Victim {
  readonly context: QuicContext;
  private readonly out = createOutgoingDatagram(new Uint8Array(1500));
  private readonly isClient: boolean;
  private begun = false;

  constructor(subject: Subject, options: Partial<QuicContextOptions> = {}) {
    this.isClient = subject === 'client';
    const crypto = seededCrypto(this.isClient ? 2 : 1);
    this.context = new QuicContext({
      crypto,
      alpn: ['test'],
      ...(this.isClient
        ? { dangerouslySkipCertificateCheck: true }
        : { identity: createTestIdentity(crypto) }),
      ...options,
    });
  }

  incoming(bytes: Uint8Array, from: Address, nowUs: number): void {
    this.context.incomingPacket(bytes, from, VICTIM, 0, 0, nowUs);
  }

  next(nowUs: number): { readonly bytes: Uint8Array; readonly to: Address } | undefined {
    this.begin(nowUs);
    for (let event = this.context.nextEvent(); event !== undefined; event = this.context.nextEvent())
      this.onEvent(event);
    if (this.context.prepareNextPacket(this.out, nowUs) === 0) return undefined;
    return { bytes: this.out.buffer.slice(0, this.out.length), to: this.out.to };
  }

  wakeAtUs(nowUs: number): number {
    const delayUs = this.context.nextWakeDelay(nowUs, FAR_US);
    return delayUs >= FAR_US ? Infinity : nowUs + delayUs;
  }

  /** A client connects at once. */
  private begin(nowUs: number): void {
    if (!this.isClient || this.begun) return;
    this.begun = true;
    this.context.createConnection({ to: addressOf(0), serverName: 'server.test' }, nowUs);
  }

  /** A client of ours asks for something, as programs do. */
  private onEvent(event: QuicEvent): void {
    if (!this.isClient || event.type !== 'connected') return;
    this.context.connection(event.connection)?.openStream()?.write(Uint8Array.of(0x21, 0x21), true);
  }
}

const FAR_US = 3600e6;
