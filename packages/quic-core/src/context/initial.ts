import type { RememberedPath } from '@tsquic/congestion';
import { TransportCode } from '../errors/transport-error.ts';
import { Drop } from '../packet/drop.ts';
import type { PacketHeader } from '../packet/header.ts';
import { hasSample, unmaskHeader } from '../packet/protection.ts';
import { encodeRetry } from '../packet/retry.ts';
import { encodeVersionNegotiation } from '../packet/version-negotiation.ts';
import { BASE_MTU } from '../packet/datagram-size.ts';
import { InitialKeys } from '../keys/initial-keys.ts';
import type { Datagram } from '../connection/datagram.ts';
import { reservedVersion } from '../version/reserved.ts';
import { type Version, versionById } from '../version/versions.ts';
import { encodeRefusal } from './refusal.ts';
import type { Settings } from '../config/settings.ts';
import type { StatelessQueue } from './stateless.ts';
import type { TokenContent } from '../tokens/token.ts';
import type { Answer, Gate } from './gate.ts';
import type { Router } from './router.ts';
import { PacketType } from '../version/packet-type.ts';

/** Shortest Destination Connection ID of a client's first Initial packet. RFC 9000 §7.2 */
const MIN_FIRST_ID = 8;

/** A client that is accepted. */
export interface Admission {
  /** The settings of the context, or those that `admit` returned. */
  readonly settings: Settings;
  readonly version: Version;
  /** Destination Connection ID of the client's first Initial packet. */
  readonly originalDestination: Uint8Array;
  /** Destination Connection ID of this Initial packet, from which its keys are derived. */
  readonly destination: Uint8Array;
  /** These keys, which have opened this packet. */
  readonly keys: InitialKeys;
  readonly source: Uint8Array;
  /** The connection ID that an earlier Retry came from; undefined without a Retry. */
  readonly retrySource: Uint8Array | undefined;
  /** Whether the client's address is validated. */
  readonly validated: boolean;
  /** What an earlier connection stored about the path to the client. */
  readonly remembered: RememberedPath | undefined;
}

/**
 * Decides how a long header packet of no connection is answered: with a new connection, a Retry, Version
 * Negotiation, or not at all. RFC 9000 §5.2.2
 */
export class InitialScreen {
  private readonly settings: Settings;
  private readonly stateless: StatelessQueue;
  private readonly router: Router;
  private readonly gate: Gate;

  constructor(settings: Settings, stateless: StatelessQueue, router: Router, gate: Gate) {
    this.settings = settings;
    this.stateless = stateless;
    this.router = router;
    this.gate = gate;
  }

  /**
   * The packet has an unsupported version: answer with the supported ones and a reserved one. RFC 9000 §6.1,
   * §15
   */
  onUnknownVersion(datagram: Datagram, header: PacketHeader): Drop {
    if (!this.settings.identities.isServer) return Drop.UnknownConnection;
    if (datagram.length < BASE_MTU) return Drop.SmallInitial;
    const { bytes, from, to, interfaceIndex } = datagram;
    const random = new Uint8Array(5);
    this.settings.crypto.random(random);
    const free = (random[1]! << 24) | (random[2]! << 16) | (random[3]! << 8) | random[4]!;
    const packet = encodeVersionNegotiation(
      bytes.slice(header.scidAt, header.scidAt + header.scidLength),
      bytes.slice(header.dcidAt, header.dcidAt + header.dcidLength),
      [...this.settings.versions.map((version) => version.id), reservedVersion(free)],
      random[0]!,
    );
    this.stateless.push(packet, from, to, interfaceIndex);
    return Drop.UnknownVersion;
  }

  /**
   * Judge a packet of a supported version that belongs to no connection.
   *
   * @param isOpen - whether clients are accepted.
   * @returns what the new connection begins with, or why there is none.
   */
  screen(datagram: Datagram, header: PacketHeader, isOpen: boolean, nowUs: number): Admission | Drop {
    const { settings } = this;
    if (!settings.identities.isServer || header.type !== PacketType.Initial) return Drop.UnknownConnection;
    if (datagram.length < BASE_MTU) return Drop.SmallInitial;
    if (header.dcidLength < MIN_FIRST_ID) return Drop.UnknownConnection;
    const { bytes } = datagram;
    const version = versionById(settings.versions, header.version)!;
    const destination = bytes.slice(header.dcidAt, header.dcidAt + header.dcidLength);
    const source = bytes.slice(header.scidAt, header.scidAt + header.scidLength);
    const token = bytes.subarray(header.tokenAt, header.tokenAt + header.tokenLength);
    const content =
      token.length === 0
        ? undefined
        : settings.tokens.open(token, datagram.from, destination, nowUs, version.id);
    // RFC 9369 §4.1
    if (content === 'other-version') return Drop.BadToken;
    const answer = this.gate.ask(datagram, version, destination, content, nowUs);
    if (answer === 'ignore') return Drop.Refused;
    const keys = new InitialKeys(settings.crypto, destination, false);
    const arrival = { datagram, header, version, destination, source, keys };
    return this.judge(arrival, content, answer, isOpen, nowUs);
  }

  /** Combine the program's answer, the limits and the client's token. */
  private judge(
    arrival: Arrival,
    content: TokenContent | 'invalid' | undefined,
    answer: Exclude<Answer, 'ignore'>,
    isOpen: boolean,
    nowUs: number,
  ): Admission | Drop {
    const { gate, settings } = this;
    const { from } = arrival.datagram;
    const proof = typeof content === 'string' ? undefined : content;
    const entry = gate.entry(from, proof !== undefined, isOpen, answer);
    if (entry === 'ignore') return Drop.Refused;
    if (entry === 'refuse') {
      // The packet is answered without being decrypted: the answer is small, and costs one derivation of
      // keys.
      this.refuse(arrival, TransportCode.ConnectionRefused);
      return Drop.Refused;
    }
    if (!this.isAuthentic(arrival)) return Drop.Unauthentic;
    if (content === 'invalid') {
      this.refuse(arrival, TransportCode.InvalidToken);
      return Drop.BadToken;
    }
    const accepted = typeof answer === 'object' ? answer : settings;
    // The token is used up only now that the packet is known to be authentic, so that a forged packet cannot
    // use it up.
    if (proof !== undefined && settings.tokens.use(proof, nowUs)) return admission(arrival, accepted, proof);
    const unproved = proof === undefined ? entry : gate.entry(from, false, isOpen, answer);
    if (unproved === 'accept') return admission(arrival, accepted, undefined);
    return unproved === 'retry' ? this.retry(arrival, nowUs) : Drop.Refused;
  }

  /** Whether the packet is authentic, before any state is kept for it. */
  private isAuthentic({ datagram: { bytes }, header, version, keys }: Arrival): boolean {
    if (!hasSample(header)) return false;
    const { aead, protection } = keys.read(version);
    const copy = bytes.slice(0, header.packetEnd);
    const probe = { ...header };
    unmaskHeader(copy, probe, protection, -1);
    return aead.open(probe.packetNumber, copy, probe.headerAt, probe.payloadAt, probe.packetEnd);
  }

  /**
   * Answer with CONNECTION_CLOSE in place of a connection, so that the client need not wait for its timeout.
   * RFC 9000 §5.2.2, §8.1.2
   */
  private refuse({ datagram, version, destination, source }: Arrival, code: number): void {
    const packet = encodeRefusal(this.settings.crypto, version, source, destination, code);
    this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
  }

  private retry({ datagram, version, destination, source }: Arrival, nowUs: number): Drop {
    const { crypto, tokens, tracer } = this.settings;
    let retrySource: Uint8Array;
    try {
      retrySource = this.retryId();
    } catch (error) {
      tracer.onInternalError?.(-1, error, nowUs);
      return Drop.Refused;
    }
    const token = tokens.createRetry(datagram.from, destination, retrySource, nowUs, version.id);
    const packet = encodeRetry(crypto, version, source, retrySource, destination, token);
    this.stateless.push(packet, datagram.from, datagram.to, datagram.interfaceIndex);
    return Drop.Refused;
  }

  /**
   * The connection ID for the client's next Initial packet: one of ours, as long as RFC 9000 §7.2 requires.
   */
  private retryId(): Uint8Array {
    const id = this.router.freshId('retry');
    if (id.length >= MIN_FIRST_ID) return id;
    const longer = new Uint8Array(MIN_FIRST_ID);
    this.settings.crypto.random(longer);
    longer.set(id);
    return longer;
  }
}

/** A client's Initial packet that is to be judged. */
interface Arrival {
  readonly datagram: Datagram;
  readonly header: PacketHeader;
  readonly version: Version;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Derived when they are asked for. */
  readonly keys: InitialKeys;
}

/** @param proof - the content of the client's token; undefined when its address is not proved. */
function admission(arrival: Arrival, settings: Settings, proof: TokenContent | undefined): Admission {
  const { version, destination, source, keys } = arrival;
  const original = proof?.originalDestination;
  return {
    settings,
    version,
    originalDestination: original ?? destination,
    destination,
    keys,
    source,
    retrySource: original === undefined ? undefined : destination,
    validated: proof !== undefined,
    remembered: proof?.remembered,
  };
}
