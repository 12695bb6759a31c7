import { createTestIdentity } from '@tsquic/simulator';
import { seededCrypto } from '@tsquic/testing/seeded';
import type { Address } from '@tsquic/quic-core';
import { VERSION_1 } from '@tsquic/quic-core/wire';
import { Conversation, type ConversationOptions } from '../../src/conversation.ts';
import { PacketLog } from '../../src/packet-log.ts';
import type { Subject } from '../../src/index.ts';
import { addressOf, type Victim } from './stage.ts';

/** How a scripted endpoint behaves. */
export interface ScriptedOptions extends ConversationOptions {
  /** Is called after each datagram that came. */
  readonly onTaken?: (talk: Conversation) => void;
}

/**
 * An endpoint that completes handshakes, acknowledges what it can read, and knows no rule: it checks no parameters,
 * keeps no limits, closes nothing and answers nothing.
 */
export class ScriptedVictim implements Victim {
  private readonly subject: Subject;
  private readonly options: ScriptedOptions;
  private readonly talks = new Map<number, Conversation>();
  private readonly waiting: { readonly bytes: Uint8Array; readonly to: Address }[] = [];
  private begun = false;

  constructor(subject: Subject, options: ScriptedOptions = {}) {
    this.subject = subject;
    this.options = options;
  }

  incoming(bytes: Uint8Array, from: Address): void {
    const talk = this.talkOf(from, isInitial(bytes));
    talk.take(bytes);
    this.options.onTaken?.(talk);
  }

  next(): { readonly bytes: Uint8Array; readonly to: Address } | undefined {
    if (this.subject === 'client' && !this.begun) {
      this.begun = true;
      this.talkOf(addressOf(0)).endpoint.start();
    }
    return this.waiting.shift();
  }

  wakeAtUs(): number {
    return Infinity;
  }

  /** A peer that moves is the same one: nobody here looks at addresses, unless a handshake begins at another. */
  private keyOf({ port }: Address, begins: boolean): number {
    if (this.subject === 'client') return 0;
    return begins || this.talks.has(port) ? port : Math.min(port, ...this.talks.keys());
  }

  private talkOf(peer: Address, begins = false): Conversation {
    const key = this.keyOf(peer, begins);
    const known = this.talks.get(key);
    if (known !== undefined) return known;
    const crypto = seededCrypto(9);
    const talk = new Conversation(
      {
        crypto,
        isClient: this.subject === 'client',
        source: Uint8Array.of(0x5c, 0x5c, 0x5c, 0x5c, 5, 6, 7, 8),
        identity: createTestIdentity(crypto),
        chosenAlpn: 'test',
        ...this.options,
      },
      VERSION_1,
      new PacketLog(() => 0),
      (bytes) => this.waiting.push({ bytes, to: peer }),
    );
    this.talks.set(key, talk);
    return talk;
  }
}

/** Whether a client's datagram begins with an Initial packet of version 1. RFC 9000 §17.2.2, §14.1 */
function isInitial(bytes: Uint8Array): boolean {
  return bytes.length >= 1200 && (bytes[0]! & 0xf0) === 0xc0;
}
