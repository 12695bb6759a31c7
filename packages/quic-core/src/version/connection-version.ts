import { raise, TransportCode, parameterError } from '../errors/transport-error.ts';
import { PacketType } from './packet-type.ts';
import type { VersionInformation } from './version-information.ts';
import { isCompatible, type Version, VERSION_1, versionById } from './versions.ts';

/**
 * The versions of a connection: that of its first flight, that in use, and the checks that keep an attacker
 * from making both sides use a version that they would not have chosen. Keys and headers take their version
 * from this record. RFC 9368, RFC 9369
 */
export class ConnectionVersion {
  /**
   * The version of the client's first flight, its Chosen Version, which Retry, Version Negotiation and 0-RTT
   * packets belong to.
   */
  original: Version;
  /**
   * The version that packets are sent in: another than `original` once both sides have agreed on it. RFC 9368
   * §2.3
   */
  current: Version;
  /** The supported versions, the preferred one first. */
  readonly spoken: readonly Version[];
  /**
   * Whether the client's first flight follows a Version Negotiation packet, so that the server's parameters
   * must justify it. RFC 9368 §4
   */
  followsNegotiation = false;
  private readonly isClient: boolean;
  private readonly prefersOwn: boolean;
  /** Whether `current` is final. */
  private settled = false;

  /**
   * @param prefersOwn - whether `spoken` is in the order that the program named: then a server chooses the
   * first compatible version of it, and otherwise the client's Chosen Version.
   */
  constructor(
    original: Version,
    isClient = false,
    spoken: readonly Version[] = [original],
    prefersOwn = false,
  ) {
    this.original = this.current = original;
    this.prefersOwn = prefersOwn;
    this.isClient = isClient;
    this.spoken = spoken;
  }

  /**
   * The version_information that is sent, without reserved versions; a client's lists the versions that its
   * first flight is compatible with. RFC 9368 §3
   */
  get information(): VersionInformation {
    const { isClient, original, current, spoken } = this;
    const isTold = (version: Version): boolean => !isClient || isCompatible(original, version);
    const available = spoken.filter(isTold).map(({ id }) => id);
    // A program may begin with an unsupported version to see the server's Version Negotiation; it is the
    // Chosen Version all the same.
    if (isClient && !available.includes(original.id)) available.unshift(original.id);
    return { chosen: current.id, available };
  }

  /**
   * Whether a packet with this long header may belong to the connection. Retry and 0-RTT packets keep the
   * original version. When the sides agree on another version, the client may have Initial packets of the
   * original one in flight, so that a server accepts both; after its first packet in the new version, a
   * server sends no other. RFC 9000 §5.2, RFC 9369 §4.1
   */
  accepts({ type, version }: { readonly type: PacketType; readonly version: number }): boolean {
    if (type === PacketType.Retry || type === PacketType.ZeroRtt) return version === this.original.id;
    if (version === this.current.id) return true;
    if (!this.isClient) return type === PacketType.Initial && version === this.original.id;
    return !this.settled && this.candidate(version) !== undefined;
  }

  /** The version with the number of a long header that `accepts` allowed. */
  byId(id: number): Version {
    return id === this.current.id
      ? this.current
      : id === this.original.id
        ? this.original
        : this.candidate(id)!;
  }

  /**
   * A client decrypted a packet with a long header: the first one of another version than the original tells
   * which version the server chose. RFC 9369 §4.1
   */
  onHeard(id: number): void {
    if (!this.isClient || this.settled || id === this.current.id) return;
    this.current = this.candidate(id)!;
    this.settled = true;
  }

  /** Handshake data came, or left, in the current version, which is final now. RFC 9369 §4.1 */
  settle(): void {
    this.settled = true;
  }

  /** The server supports other versions: the client begins again in this one. RFC 9368 §2.1 */
  restart(version: Version): void {
    this.original = this.current = version;
    this.followsNegotiation = true;
  }

  /**
   * The peer's transport parameters came: check their version_information; a server then chooses the version.
   */
  onInformation(information: VersionInformation | undefined): void {
    if (this.isClient) this.onServerInformation(information);
    else this.onClientInformation(information);
  }

  /** The version that a client would begin with when a server offers these. RFC 9368 §2.1 */
  select(offered: readonly number[]): Version | undefined {
    return this.spoken.find(({ id }) => offered.includes(id));
  }

  /** A server got its client's version_information: check it, and choose the version. RFC 9368 §2.3, §4 */
  private onClientInformation(information: VersionInformation | undefined): void {
    if (information === undefined) return this.settle();
    const { original, spoken } = this;
    const { chosen, available } = information;
    if (!available.includes(chosen)) parameterError('version_information without the chosen version');
    if (chosen !== original.id)
      negotiationError(`version ${hex(chosen)} was chosen, ${hex(original.id)} came`);
    if (this.prefersOwn) {
      const fits = (version: Version): boolean =>
        version.id === original.id || (isCompatible(original, version) && available.includes(version.id));
      this.current = spoken.find(fits) ?? original;
    }
    this.settle();
  }

  /**
   * A client got the server's version_information: check that the version in use is the one that both sides
   * prefer. RFC 9368 §4, §8
   */
  private onServerInformation(information: VersionInformation | undefined): void {
    const { original, current } = this;
    const said = information ?? this.impliedInformation();
    if (said === undefined) return;
    if (!this.information.available.includes(said.chosen))
      negotiationError(`the server chose version ${hex(said.chosen)}, which was not offered`);
    if (said.chosen !== current.id)
      negotiationError(`the server chose version ${hex(said.chosen)} and speaks ${hex(current.id)}`);
    if (!this.followsNegotiation) return;
    if (said.available.length === 0) negotiationError('the server has no version to offer');
    const wanted = this.select([...said.available, said.chosen]);
    if (wanted?.id !== original.id)
      negotiationError(
        `the server speaks ${hex(wanted!.id)} as well, which Version Negotiation kept from us`,
      );
  }

  /**
   * The version_information that the client assumes when the server sends none; undefined when none is
   * needed. RFC 9368 §4, §8
   */
  private impliedInformation(): VersionInformation | undefined {
    const { original, current } = this;
    if (current !== original || (this.followsNegotiation && original.id !== VERSION_1.id))
      negotiationError('version_information is missing');
    // A server that supports only version 1 does not send version_information.
    return this.followsNegotiation ? { chosen: VERSION_1.id, available: [VERSION_1.id] } : undefined;
  }

  /** A supported version that a server may convert the client's first flight to. */
  private candidate(id: number): Version | undefined {
    const version = versionById(this.spoken, id);
    return version !== undefined && isCompatible(this.original, version) ? version : undefined;
  }
}

function negotiationError(reason: string): never {
  raise(TransportCode.VersionNegotiation, 0, reason);
}

function hex(id: number): string {
  return `0x${id.toString(16).padStart(8, '0')}`;
}
