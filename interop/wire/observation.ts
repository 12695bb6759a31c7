import { contiguous, cryptoPieces, type CryptoPiece } from './crypto-frames.ts';
import { chosenGroup, chosenSuite, offeredSuites, resumesSession } from './hello.ts';
import { deriveInitialKeys, openInitial } from './initial-keys.ts';
import { listedVersions, type LongHeader } from './long-header.ts';
import { packetsOf, type WirePacket } from './packets.ts';

/** One UDP payload as it passed the tap. */
export interface WireDatagram {
  readonly atUs: number;
  readonly sender: 'client' | 'server';
  /** The client's own address and port, which tell its sockets apart. */
  readonly clientHost: string;
  readonly clientPort: number;
  readonly bytes: Buffer;
}

/** What can be read off the wire without either endpoint's secrets. */
export interface Observation {
  /** Versions in long headers from the client, in order of appearance. */
  readonly clientVersions: readonly number[];
  /** Versions in the server's Initial packets. */
  readonly serverVersions: readonly number[];
  /** Versions of Handshake packets, from either side. */
  readonly handshakeVersions: readonly number[];
  /** Version lists of the server's Version Negotiation packets. */
  readonly versionNegotiations: readonly (readonly number[])[];
  readonly retries: number;
  /** Distinct Source Connection IDs in the server's Initials: one per handshake. */
  readonly handshakes: number;
  readonly offeredSuites: readonly number[];
  readonly chosenSuite: number | undefined;
  /** The key exchange group of the first ServerHello. */
  readonly chosenGroup: number | undefined;
  /** Handshakes in which the server goes on with a session. RFC 8446 §4.2.11 */
  readonly resumptions: number;
  /** Length of the connection IDs that each side chose for itself. */
  readonly clientIdBytes: number;
  readonly serverIdBytes: number;
  /** 0-RTT packets. */
  readonly earlyPackets: number;
  /** Addresses and ports of the client that the server sent packets with a short header to. */
  readonly answeredPlaces: number;
  /** Packets with a short header. */
  readonly clientShortHeaders: number;
  readonly serverShortHeaders: number;
}

/** Reads the handshakes out of captured datagrams: an observer that owes nothing to our own stack. */
export function observe(datagrams: readonly WireDatagram[]): Observation {
  const observer = new Observer();
  for (const datagram of datagrams) {
    for (const packet of packetsOf(datagram.bytes)) observer.packet(packet, datagram);
  }
  return observer.summary();
}

type InitialPacket = Extract<WirePacket, { readonly kind: 'initial' | 'protected' }>;

/** One attempt to connect, told apart by the client's port and Source Connection ID. */
interface Attempt {
  /** From which the Initial keys follow: the client's first, or the Retry's Source Connection ID. */
  originalId: Buffer;
  readonly fromClient: CryptoPiece[];
  readonly fromServer: CryptoPiece[];
}

class Observer {
  readonly #attempts = new Map<string, Attempt>();
  readonly #clientVersions = new Set<number>();
  readonly #serverVersions = new Set<number>();
  readonly #serverIds = new Set<string>();
  readonly #negotiations: number[][] = [];
  readonly #shortHeaders = { client: 0, server: 0 };
  readonly #handshakeVersions = new Set<number>();
  readonly #answeredPlaces = new Set<string>();
  #earlyPackets = 0;
  #retries = 0;
  #clientIdBytes = 0;
  #serverIdBytes = 0;

  packet(packet: WirePacket, { sender, clientHost, clientPort }: WireDatagram): void {
    if (packet.kind === 'short') {
      this.#shortHeaders[sender]++;
      if (sender === 'server') this.#answeredPlaces.add(`${clientHost} ${clientPort}`);
      return;
    }
    const { header } = packet;
    if (packet.kind === 'negotiation') {
      if (sender === 'server') this.#negotiations.push(listedVersions(packet.bytes, header));
      return;
    }
    if (sender === 'client') this.#clientVersions.add(header.version);
    if (packet.kind === 'protected' && isEarly(packet)) this.#earlyPackets++;
    else if (packet.kind === 'protected') this.#handshakeVersions.add(header.version);
    if (packet.kind === 'retry') this.#retry(header, clientPort);
    if (packet.kind === 'initial') this.#initial(packet, sender, clientPort);
  }

  summary(): Observation {
    const attempts = [...this.#attempts.values()];
    const answers = attempts.map((attempt) => contiguous(attempt.fromServer));
    const suites = answers.map(chosenSuite);
    const offers = attempts.map((attempt) => offeredSuites(contiguous(attempt.fromClient)));
    return {
      clientVersions: [...this.#clientVersions],
      serverVersions: [...this.#serverVersions],
      handshakeVersions: [...this.#handshakeVersions],
      versionNegotiations: this.#negotiations,
      retries: this.#retries,
      handshakes: this.#serverIds.size,
      offeredSuites: offers.find((offer) => offer !== undefined) ?? [],
      chosenSuite: suites.find((suite) => suite !== undefined),
      chosenGroup: answers.map(chosenGroup).find((group) => group !== undefined),
      resumptions: answers.filter(resumesSession).length,
      clientIdBytes: this.#clientIdBytes,
      serverIdBytes: this.#serverIdBytes,
      earlyPackets: this.#earlyPackets,
      answeredPlaces: this.#answeredPlaces.size,
      clientShortHeaders: this.#shortHeaders.client,
      serverShortHeaders: this.#shortHeaders.server,
    };
  }

  #retry(header: LongHeader, clientPort: number): void {
    this.#retries++;
    const attempt = this.#attempts.get(attemptKey(clientPort, header.destinationId));
    if (attempt !== undefined) attempt.originalId = header.sourceId;
  }

  #initial(packet: InitialPacket, sender: 'client' | 'server', clientPort: number): void {
    const { header, constants } = packet;
    const clientId = sender === 'client' ? header.sourceId : header.destinationId;
    const key = attemptKey(clientPort, clientId);
    let attempt = this.#attempts.get(key);
    if (attempt === undefined) {
      if (sender === 'server') return;
      attempt = { originalId: header.destinationId, fromClient: [], fromServer: [] };
      this.#attempts.set(key, attempt);
    }
    if (sender === 'server') {
      this.#serverVersions.add(header.version);
      this.#clientIdBytes = header.destinationId.length;
      this.#serverIdBytes = header.sourceId.length;
      this.#serverIds.add(header.sourceId.toString('hex'));
    }
    const payload = openInitial(
      deriveInitialKeys(constants, attempt.originalId, sender),
      packet.bytes,
      packet.numberAt,
    );
    if (payload === undefined) return;
    (sender === 'client' ? attempt.fromClient : attempt.fromServer).push(...cryptoPieces(payload));
  }
}

/** In every version the type of 0-RTT follows that of Initial. RFC 9000 §17.2, RFC 9369 §3.2 */
function isEarly({ header, constants }: InitialPacket): boolean {
  return ((header.firstByte >> 4) & 3) === constants.initialType + 1;
}

function attemptKey(clientPort: number, clientId: Buffer): string {
  return `${clientPort}/${clientId.toString('hex')}`;
}
