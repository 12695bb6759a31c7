import { contiguous, cryptoPieces, type CryptoPiece } from './crypto-frames.ts';
import { chosenSuite, offeredSuites } from './hello.ts';
import { deriveInitialKeys, openInitial, type VersionConstants, versionConstants } from './initial-keys.ts';
import { listedVersions, type LongHeader, readLongHeader, readVarint } from './long-header.ts';

/** One UDP payload as it passed the tap. */
export interface WireDatagram {
  readonly atUs: number;
  readonly sender: 'client' | 'server';
  /** The client's own port, which tells its sockets apart. */
  readonly clientPort: number;
  readonly bytes: Buffer;
}

/** What can be read off the wire without either endpoint's secrets. */
export interface Observation {
  /** Versions in long headers from the client, in order of appearance. */
  readonly clientVersions: readonly number[];
  /** Versions in the server's Initial packets. */
  readonly serverVersions: readonly number[];
  /** Version lists of the server's Version Negotiation packets. */
  readonly versionNegotiations: readonly (readonly number[])[];
  readonly retries: number;
  /** Distinct Source Connection IDs in the server's Initials: one per handshake. */
  readonly handshakes: number;
  readonly offeredSuites: readonly number[];
  readonly chosenSuite: number | undefined;
  /** Length of the connection IDs that each side chose for itself. */
  readonly clientIdBytes: number;
  readonly serverIdBytes: number;
  /** Datagrams that start with a short header. */
  readonly clientShortHeaders: number;
  readonly serverShortHeaders: number;
}

/** Reads the handshakes out of captured datagrams: an observer that owes nothing to our own stack. */
export function observe(datagrams: readonly WireDatagram[]): Observation {
  const observer = new Observer();
  for (const datagram of datagrams) {
    try {
      observer.datagram(datagram);
    } catch (error) {
      // A truncated packet ends the reading of its datagram; what was read before it counts.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error;
    }
  }
  return observer.summary();
}

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
  #retries = 0;
  #clientIdBytes = 0;
  #serverIdBytes = 0;

  datagram(datagram: WireDatagram): void {
    if (readLongHeader(datagram.bytes) === undefined) {
      if (datagram.bytes.length > 0 && datagram.bytes.readUInt8(0) < 0x80)
        this.#shortHeaders[datagram.sender]++;
      return;
    }
    let rest = datagram.bytes;
    let header = readLongHeader(rest);
    while (header !== undefined) {
      const length = this.#packet(rest, header, datagram);
      rest = rest.subarray(length);
      header = readLongHeader(rest);
    }
  }

  summary(): Observation {
    const attempts = [...this.#attempts.values()];
    const suites = attempts.map((attempt) => chosenSuite(contiguous(attempt.fromServer)));
    const offers = attempts.map((attempt) => offeredSuites(contiguous(attempt.fromClient)));
    return {
      clientVersions: [...this.#clientVersions],
      serverVersions: [...this.#serverVersions],
      versionNegotiations: this.#negotiations,
      retries: this.#retries,
      handshakes: this.#serverIds.size,
      offeredSuites: offers.find((offer) => offer !== undefined) ?? [],
      chosenSuite: suites.find((suite) => suite !== undefined),
      clientIdBytes: this.#clientIdBytes,
      serverIdBytes: this.#serverIdBytes,
      clientShortHeaders: this.#shortHeaders.client,
      serverShortHeaders: this.#shortHeaders.server,
    };
  }

  /** Takes note of one packet; its length in bytes, or the whole rest where the header does not say. */
  #packet(packet: Buffer, header: LongHeader, { sender, clientPort }: WireDatagram): number {
    if (header.version === 0) {
      if (sender === 'server') this.#negotiations.push(listedVersions(packet, header));
      return packet.length;
    }
    if (sender === 'client') this.#clientVersions.add(header.version);
    const constants = versionConstants(header.version);
    if (constants === undefined) return packet.length;
    const type = (header.firstByte >> 4) & 0x03;
    if (type === constants.retryType) {
      this.#retry(header, clientPort);
      return packet.length;
    }
    const isInitial = type === constants.initialType;
    const bodyAt = isInitial ? tokenEnd(packet, header.bodyAt) : header.bodyAt;
    const length = readVarint(packet, bodyAt);
    const end = Math.min(packet.length, length.end + length.value);
    if (isInitial) this.#initial(packet.subarray(0, end), header, constants, length.end, sender, clientPort);
    return end;
  }

  #retry(header: LongHeader, clientPort: number): void {
    this.#retries++;
    const attempt = this.#attempts.get(attemptKey(clientPort, header.destinationId));
    if (attempt !== undefined) attempt.originalId = header.sourceId;
  }

  #initial(
    packet: Buffer,
    header: LongHeader,
    constants: VersionConstants,
    numberAt: number,
    sender: 'client' | 'server',
    clientPort: number,
  ): void {
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
    const payload = openInitial(deriveInitialKeys(constants, attempt.originalId, sender), packet, numberAt);
    if (payload === undefined) return;
    (sender === 'client' ? attempt.fromClient : attempt.fromServer).push(...cryptoPieces(payload));
  }
}

function attemptKey(clientPort: number, clientId: Buffer): string {
  return `${clientPort}/${clientId.toString('hex')}`;
}

function tokenEnd(packet: Buffer, at: number): number {
  const token = readVarint(packet, at);
  return token.end + token.value;
}
