import type { Datagrams } from '../datagrams/datagrams.ts';
import type { ConnectionFlow } from '../flow/connection-flow.ts';
import type { Handshake } from '../handshake/handshake.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { Paths } from '../path/paths.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import type { ReceivedNumbers } from '../spaces/received.ts';
import type { Streams } from '../streams/streams.ts';
import type { NewToken } from '../tokens/new-token.ts';
import type { DeliveryLog } from '../facts/delivery-log.ts';
import type { AckFrequency } from './ack-frequency.ts';
import { Fact } from '../facts/fact-kind.ts';

/** The owner of what is said about paths by their IDs. draft-ietf-quic-multipath §4 */
export interface PathFacts {
  /** Undefined once a path is forgotten, as for the following. */
  localIdsOf(pathId: number): LocalIds | undefined;
  peerIdsOf(pathId: number): PeerIds | undefined;
  receivedOf(pathId: number): ReceivedNumbers | undefined;
  onLost(kind: number, a: number, b: number): void;
  onAbandonAcked(pathId: number): void;
}

/** The owners of the facts that packets carry. */
export interface FactOwners {
  readonly handshake: Handshake;
  readonly newToken: NewToken;
  readonly flow: ConnectionFlow;
  readonly streams: Streams;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly paths: Paths;
  readonly datagrams: Datagrams;
  /** Undefined when this end does not use ACK_FREQUENCY. */
  readonly ackFrequency: AckFrequency | undefined;
  /** Undefined where one end does not offer multipath. */
  readonly multipath: { readonly announcements: PathFacts } | undefined;
}

/**
 * Tells the owner of each fact whether the packet that carried it was acknowledged or lost. Owners do not
 * know packets, and packets do not know owners.
 */
export class FactRouter {
  private readonly owners: FactOwners;
  private readonly paths: Paths;

  /** @param paths - those that the packets take. */
  constructor(owners: FactOwners, paths: Paths = owners.paths) {
    this.owners = owners;
    this.paths = paths;
  }

  /** The peer has received the facts `[from, to)` of this space's log. */
  acknowledge(space: PacketSpace, from: number, to: number): void {
    const { sending, receiving, pathId } = space;
    const { handshake, streams, datagrams, newToken } = this.owners;
    const { log } = sending.sent;
    for (let i = from; i < to; i++) {
      const a = log.valueAt(i, 0);
      switch (log.kindAt(i)) {
        case Fact.Stream:
          streams.sending.onAcked(a, log.valueAt(i, 1), log.valueAt(i, 2), false);
          break;
        case Fact.StreamFin:
          streams.sending.onAcked(a, log.valueAt(i, 1), log.valueAt(i, 2), true);
          break;
        case Fact.AckUpTo:
          if (log.valueAt(i, 1) === pathId) receiving.received.onReported(a);
          else this.owners.multipath?.announcements.receivedOf(log.valueAt(i, 1))?.onReported(a);
          break;
        case Fact.Crypto:
          handshake.onCryptoAcked(a, log.valueAt(i, 1), log.valueAt(i, 2));
          break;
        case Fact.ResetStream:
          streams.sending.onResetAcked(a);
          break;
        case Fact.ResetStreamAt:
          streams.sending.onResetAcked(a, log.valueAt(i, 1));
          break;
        case Fact.MtuProbe:
          this.paths.byId(log.valueAt(i, 1))?.onMtuProbeAcked(a);
          break;
        case Fact.NewConnectionId:
          this.localIdsOf(log.valueAt(i, 1))?.onAcked(a);
          break;
        case Fact.NewToken:
          newToken.onAcked(a);
          break;
        case Fact.AckFrequency:
          this.owners.ackFrequency!.onAcked(a);
          break;
        case Fact.PathAbandon:
          this.owners.multipath!.announcements.onAbandonAcked(log.valueAt(i, 1));
          break;
        case Fact.Datagram:
          datagrams.onAcked(a, log.valueAt(i, 1) === 1);
          break;
        default:
          break;
      }
    }
  }

  /**
   * The peer may not have received the facts `[from, to)`: each owner decides whether to send its own again.
   * RFC 9000 §13.3
   *
   * @param gone - whether the packet is lost; otherwise a probe repeats the facts that can be repeated.
   */
  lose(log: DeliveryLog, from: number, to: number, gone: boolean): void {
    for (let i = from; i < to; i++) {
      const kind = log.kindAt(i);
      if (kind === Fact.Stream || kind === Fact.StreamFin)
        this.owners.streams.sending.onLost(
          log.valueAt(i, 0),
          log.valueAt(i, 1),
          log.valueAt(i, 2),
          kind === Fact.StreamFin,
        );
      else if (kind === Fact.Crypto)
        this.owners.handshake.onCryptoLost(log.valueAt(i, 0), log.valueAt(i, 1), log.valueAt(i, 2));
      else if (kind === Fact.Datagram) this.loseDatagram(log, i, gone);
      else this.loseControl(kind, log.valueAt(i, 0), log.valueAt(i, 1));
    }
  }

  /**
   * The program is told once that its datagram is lost; DATAGRAM frames are not retransmitted. RFC 9221 §5.2
   */
  private loseDatagram(log: DeliveryLog, index: number, gone: boolean): void {
    if (!gone || log.valueAt(index, 1) === 1) return;
    log.setValue(index, 1, 1);
    this.owners.datagrams.onLost(log.valueAt(index, 0));
  }

  /** The peer may not have received a frame that carries no data. */
  private loseControl(kind: number, a: number, b: number): void {
    const { handshake, newToken, flow, streams, ackFrequency, multipath } = this.owners;
    switch (kind) {
      case Fact.HandshakeDone:
        return handshake.onDoneLost();
      case Fact.NewToken:
        return newToken.onLost();
      case Fact.ResetStream:
        return streams.sending.onResetLost(a);
      case Fact.ResetStreamAt:
        return streams.sending.onResetLost(a, b);
      case Fact.StopSending:
        return streams.receiving.onStopLost(a);
      case Fact.MaxStreamData:
        return streams.receiving.onMaxStreamDataLost(a);
      case Fact.StreamDataBlocked:
        return streams.sending.onBlockedLost(a, b);
      case Fact.MaxStreams:
        return streams.table.counts(a === 1).onMaxStreamsLost();
      case Fact.StreamsBlocked:
        return streams.table.counts(a === 1).onBlockedLost(b);
      case Fact.MaxData:
        return flow.onMaxDataLost();
      case Fact.DataBlocked:
        return flow.onBlockedLost(a);
      case Fact.NewConnectionId:
        return this.localIdsOf(b)?.onLost(a);
      case Fact.RetireConnectionId:
        return this.peerIdsOf(b)?.onLost(a);
      case Fact.AckFrequency:
        return ackFrequency!.onLost(a);
      case Fact.MtuProbe:
        return this.paths.byId(b)?.mtu.onProbeLost(a);
      default:
        return multipath?.announcements.onLost(kind, a, b);
    }
  }

  private localIdsOf(pathId: number): LocalIds | undefined {
    return pathId === 0 ? this.owners.localIds : this.owners.multipath?.announcements.localIdsOf(pathId);
  }

  private peerIdsOf(pathId: number): PeerIds | undefined {
    return pathId === 0 ? this.owners.peerIds : this.owners.multipath?.announcements.peerIdsOf(pathId);
  }
}
