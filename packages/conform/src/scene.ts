import { Group } from '@tsquic/crypto';
import type { Address } from '@tsquic/quic-core';
import { Level } from '@tsquic/tls13';
import { Conversation, type ConversationOptions } from './conversation.ts';
import { codeText } from './error-names.ts';
import type { PacketLog } from './packet-log.ts';
import { Inconclusive, type Script, wait } from './script.ts';
import type { Setting } from './setting.ts';

/** A datagram for the one under test. */
export interface OutgoingBytes {
  readonly bytes: Uint8Array;
  /** The socket to send it from: each conversation with a server begins on one of its own. */
  readonly socket: number;
  /** Where a client under test is; undefined for a server, whose address the host knows. */
  readonly to: Address | undefined;
}

/** What a row's script has: conversations with the one under test. */
export class Scene {
  readonly setting: Setting;
  readonly log: PacketLog;
  /** Is told of the moment at which the script does the special thing. */
  onAct: (what: string) => void = () => {};
  private readonly outgoing: OutgoingBytes[];
  private readonly talks = new Map<number, Conversation>();
  private readonly clients = new Map<string, Conversation>();
  private readonly lines = new Map<Conversation, { socket: number }>();
  private sockets = 0;
  /** What becomes of the next client that arrives. */
  private expected: { readonly options: ConversationOptions; found: Conversation | undefined } | undefined;

  constructor(setting: Setting, log: PacketLog, outgoing: OutgoingBytes[]) {
    this.setting = setting;
    this.log = log;
    this.outgoing = outgoing;
  }

  // Of scripts

  /** Tell the log what comes next. */
  act(what: string): void {
    this.log.add('note', what);
    this.onAct(what);
  }

  /** A client of the server under test that has sent nothing yet. */
  open(options: ConversationOptions = {}): Conversation {
    const { crypto, version, alpn, serverName, verifier, unixTimeMs } = this.setting;
    const line = { socket: this.sockets++ };
    const talk = new Conversation(
      {
        crypto,
        isClient: true,
        alpn,
        ...options,
        tlsClient: { serverName, verifier, unixTimeMs, ...ONE_SHARE, ...options.tlsClient },
      },
      options.version ?? version,
      this.log,
      (bytes) => this.outgoing.push({ bytes, socket: line.socket, to: undefined }),
    );
    this.lines.set(talk, line);
    this.talks.set(line.socket, talk);
    return talk;
  }

  /** A client whose handshake with the server under test is confirmed. */
  *connect(options: ConversationOptions = {}): Script<Conversation> {
    const talk = this.open(options);
    talk.endpoint.start();
    yield* this.untilConfirmed(talk);
    return talk;
  }

  /** A client that has keys for Handshake packets, and sends none of its own accord. */
  *connectHalfway(options: ConversationOptions = {}): Script<Conversation> {
    const talk = this.open({ silentFrom: Level.Handshake, ...options });
    talk.endpoint.start();
    return yield* this.untilHalfway(talk);
  }

  /** The next client under test, whose first datagram has come and is answered as `options` say. */
  *arrival(options: ConversationOptions = {}): Script<Conversation> {
    const expected = { options, found: undefined as Conversation | undefined };
    this.expected = expected;
    yield* wait(this.setting.patienceMs, () => expected.found !== undefined);
    this.expected = undefined;
    if (expected.found === undefined) throw new Inconclusive('no client came');
    return expected.found;
  }

  /** The next client under test, which has heard nothing yet. */
  *silentArrival(options: ConversationOptions = {}): Script<Conversation> {
    return yield* this.arrival({ silentFrom: Level.Initial, acknowledges: false, ...options });
  }

  /** The next client under test, when its handshake is confirmed. */
  *accept(options: ConversationOptions = {}): Script<Conversation> {
    const talk = yield* this.arrival(options);
    yield* this.untilConfirmed(talk);
    return talk;
  }

  /** The next client under test, as far as keys for Handshake packets. */
  *acceptHalfway(options: ConversationOptions = {}): Script<Conversation> {
    return yield* this.untilHalfway(yield* this.arrival({ silentFrom: Level.Handshake, ...options }));
  }

  /** Wait until the handshake is confirmed. Throws `Inconclusive` when it is not. */
  *untilConfirmed(talk: Conversation): Script<void> {
    const isOver = (): boolean => talk.isConfirmed || talk.close !== undefined || talk.fault !== undefined;
    yield* wait(this.setting.timeoutMs, isOver);
    if (!talk.isConfirmed) throw new Inconclusive(`the handshake was not confirmed: ${endText(talk)}`);
  }

  /** Let a client go on from another port, without telling the server. */
  rebind(talk: Conversation): void {
    const line = this.lines.get(talk)!;
    line.socket = this.sockets++;
    this.talks.set(line.socket, talk);
  }

  // Of trials

  /** A datagram came to a socket. */
  take(bytes: Uint8Array, socket: number, from: Address): void {
    const { expected } = this;
    const key = `${from.ip} ${from.port}`;
    const talk = this.talks.get(socket) ?? this.clients.get(key);
    if (talk !== undefined) return talk.take(bytes);
    if (expected === undefined || expected.found !== undefined || bytes.length < 1200) return;
    expected.found = this.greet(expected.options, from);
    this.clients.set(key, expected.found);
    expected.found.take(bytes);
  }

  private greet(options: ConversationOptions, client: Address): Conversation {
    const { crypto, identity, alpn, version, unixTimeMs } = this.setting;
    return new Conversation(
      {
        crypto,
        isClient: false,
        ...(identity === undefined ? {} : { identity }),
        ...options,
        tlsServer: {
          unixTimeMs,
          ...(options.chosenAlpn === undefined ? { alpn } : {}),
          ...options.tlsServer,
        },
      },
      options.version ?? version,
      this.log,
      (bytes) => this.outgoing.push({ bytes, socket: 0, to: client }),
    );
  }

  private *untilHalfway(talk: Conversation): Script<Conversation> {
    const { endpoint } = talk;
    const isOver = (): boolean =>
      endpoint.canWrite(Level.Handshake) || talk.close !== undefined || talk.fault !== undefined;
    yield* wait(this.setting.timeoutMs, isOver);
    if (!endpoint.canWrite(Level.Handshake))
      throw new Inconclusive(`the handshake did not come to Handshake packets: ${endText(talk)}`);
    return talk;
  }
}

/** How a conversation stands that did not go as it should, as a clause. */
export function endText(talk: Conversation): string {
  const { close, fault, datagrams } = talk;
  if (close !== undefined)
    return close.isApplication
      ? `the application closed with 0x${close.code.toString(16)}`
      : `it closed with ${codeText(close.code)}`;
  if (fault !== undefined) return fault;
  return datagrams.length === 0 ? 'nothing came' : 'nothing more came';
}

/** With X25519 alone, a ClientHello fits into one packet. */
const ONE_SHARE = { groups: [Group.X25519, Group.Secp256r1, Group.Secp384r1] };
