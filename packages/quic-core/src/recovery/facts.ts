import type { Handshake } from '../handshake/handshake.ts';
import type { LocalIds } from '../ids/local-ids.ts';
import type { PeerIds } from '../ids/peer-ids.ts';
import type { Paths } from '../path/paths.ts';
import type { Space, Spaces } from '../spaces/spaces.ts';
import type { Streams } from '../streams/streams.ts';
import type { DeliveryLog } from './delivery-log.ts';
import { Fact } from './fact-kind.ts';

/** Those whose facts travel in packets. */
export interface FactOwners {
  readonly spaces: Spaces;
  readonly handshake: Handshake;
  readonly streams: Streams;
  readonly localIds: LocalIds;
  readonly peerIds: PeerIds;
  readonly paths: Paths;
}

/** Tells the owner of each fact what became of the packet that carried it: the only place that knows both. */
export class FactRouter {
  private readonly owners: FactOwners;

  constructor(owners: FactOwners) {
    this.owners = owners;
  }

  /** The peer has the facts `[from, to)` of this space's log. */
  acknowledge(space: Space, log: DeliveryLog, from: number, to: number): void {
    const { spaces, handshake, streams, paths } = this.owners;
    for (let i = from; i < to; i++) {
      const a = log.valueAt(i, 0);
      switch (log.kindAt(i)) {
        case Fact.Stream:
          streams.onAcked(a, log.valueAt(i, 1), log.valueAt(i, 2), false);
          break;
        case Fact.StreamFin:
          streams.onAcked(a, log.valueAt(i, 1), log.valueAt(i, 2), true);
          break;
        case Fact.AckUpTo:
          spaces.at(space).received.onReported(a);
          break;
        case Fact.Crypto:
          handshake.onCryptoAcked(a, log.valueAt(i, 1), log.valueAt(i, 2));
          break;
        case Fact.ResetStream:
          streams.onResetAcked(a);
          break;
        case Fact.MtuProbe:
          paths.onMtuProbeAcked(a, log.valueAt(i, 1));
          break;
        default:
          break;
      }
    }
  }

  /** The peer may not have them: each owner decides whether that still matters. */
  lose(log: DeliveryLog, from: number, to: number): void {
    const { handshake, streams, localIds, peerIds, paths } = this.owners;
    for (let i = from; i < to; i++) {
      const a = log.valueAt(i, 0);
      switch (log.kindAt(i)) {
        case Fact.Stream:
          streams.onLost(a, log.valueAt(i, 1), log.valueAt(i, 2), false);
          break;
        case Fact.StreamFin:
          streams.onLost(a, log.valueAt(i, 1), log.valueAt(i, 2), true);
          break;
        case Fact.Crypto:
          handshake.onCryptoLost(a, log.valueAt(i, 1), log.valueAt(i, 2));
          break;
        case Fact.HandshakeDone:
          handshake.onDoneLost();
          break;
        case Fact.NewToken:
          handshake.onTokenLost();
          break;
        case Fact.ResetStream:
        case Fact.StopSending:
        case Fact.MaxStreamData:
          streams.onControlLost(a, log.kindAt(i));
          break;
        case Fact.Blocked:
          streams.onBlockedLost(a, log.valueAt(i, 1), log.valueAt(i, 2));
          break;
        case Fact.MaxStreams:
          streams.onMaxStreamsLost(a === 1);
          break;
        case Fact.MaxData:
          streams.onMaxDataLost();
          break;
        case Fact.NewConnectionId:
          localIds.onLost(a);
          break;
        case Fact.RetireConnectionId:
          peerIds.onLost(a);
          break;
        case Fact.MtuProbe:
          paths.onMtuProbeLost(a, log.valueAt(i, 1));
          break;
        default:
          break;
      }
    }
  }
}
