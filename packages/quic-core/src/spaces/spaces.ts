import { PacketSpace } from './packet-space.ts';
import { Space } from '../packet/levels.ts';

/**
 * The packet number spaces of a connection. The Initial and Handshake spaces belong to the connection, that
 * of application data to a path. All paths of RFC 9000 share one, because migration does not begin another;
 * each path ID of multipath has spaces of its own.
 */
export class PacketSpaces {
  /** Spaces whose keys are not discarded, in the order of their packets in a datagram. */
  readonly live: PacketSpace[];
  /** The application data space of the first path. */
  readonly application: PacketSpace;

  /**
   * @param random - returns an unpredictable integer in `[0, limit)`.
   * @param pathId - of a path after the first, whose one space is that of application data.
   */
  constructor(
    maxAckDelayUs: number,
    ackDelayExponent: number,
    random: (limit: number) => number,
    pathId = 0,
  ) {
    if (pathId > 0) {
      this.application = new PacketSpace(Space.Application, maxAckDelayUs, ackDelayExponent, random, pathId);
      this.live = [this.application];
      return;
    }
    // Acknowledgements of Initial and Handshake packets must not be delayed, and report no delay. RFC 9000
    // §13.2.1
    const initial = new PacketSpace(Space.Initial, 0, ackDelayExponent, random);
    const handshake = new PacketSpace(Space.Handshake, 0, ackDelayExponent, random);
    this.application = new PacketSpace(Space.Application, maxAckDelayUs, ackDelayExponent, random);
    this.live = [initial, handshake, this.application];
  }

  /** The space of a kind for a path; undefined when its keys are discarded. */
  at(kind: Space, path: { readonly space: PacketSpace }): PacketSpace | undefined {
    return kind === Space.Application ? path.space : this.ofConnection(kind);
  }

  /** The Initial or Handshake space; undefined when its keys are discarded. */
  ofConnection(kind: typeof Space.Initial | typeof Space.Handshake): PacketSpace | undefined {
    const { live } = this;
    for (let i = 0; i < live.length; i++) if (live[i]!.kind === kind) return live[i];
    return undefined;
  }

  /**
   * The keys of a space are discarded: no packets are sent, received or acknowledged in it any more. RFC 9001
   * §4.9
   */
  discard(space: PacketSpace): void {
    space.discarded = true;
    this.live.splice(this.live.indexOf(space), 1);
  }
}
