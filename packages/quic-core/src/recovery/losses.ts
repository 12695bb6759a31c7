import type { CongestionEvent } from '@tsquic/congestion';
import type { Path } from '../path/path.ts';
import type { Paths } from '../path/paths.ts';
import type { PacketSpace } from '../spaces/packet-space.ts';
import { SentFlag, type SentPackets } from '../spaces/sent-packets.ts';
import { Space } from '../packet/levels.ts';
import type { Absence } from './absence.ts';
import type { Flight } from './flight.ts';
import { SpuriousLosses } from './spurious.ts';

/**
 * What the congestion controller is told of losses, and of losses that turned out to be spurious. RFC 9002 §7
 */
export class Losses {
  readonly spurious: SpuriousLosses = new SpuriousLosses();
  private readonly paths: Paths;
  private readonly flight: Flight;
  private readonly absence: Absence;
  private readonly event: CongestionEvent;

  /** @param event - the record that each detection fills. */
  constructor(paths: Paths, flight: Flight, absence: Absence, event: CongestionEvent) {
    this.paths = paths;
    this.flight = flight;
    this.absence = absence;
    this.event = event;
  }

  /** Detect the lost packets of a space, and act on them. */
  detect({ kind, sending }: PacketSpace, maxAckDelayUs: number, nowUs: number): void {
    const { event, flight } = this;
    const path = this.paths.active;
    sending.losses.detect(path, maxAckDelayUs, this.absence.endUs, event, flight, nowUs);
    if (event.lostBytes === 0) return;
    // The peer may be unable to decrypt the packets that fill the window until it has what was lost: one
    // packet leaves in spite of the window. RFC 9002 §7.3.2
    if (kind !== Space.Application) sending.demand(1);
    this.react(path, sending.losses.persistent, sending.losses.lostCount);
  }

  /** A packet was acknowledged after it had been declared lost. */
  onLateArrival(sent: SentPackets, slot: number, nowUs: number): void {
    const { active } = this.paths;
    const kind = sent.flags[slot]! & (SentFlag.InFlight | SentFlag.MtuProbe);
    if (kind !== SentFlag.InFlight || sent.path[slot] !== active.id) return;
    active.delivery.onLateArrival(sent.bytes[slot]!);
    if (this.spurious.onArrived(sent.sentUs[slot]!)) active.controller.onSpuriousLoss(nowUs);
  }

  private react(path: Path, persistent: boolean, count: number): void {
    const { event } = this;
    event.inFlightBytes = path.inFlightBytes;
    if (this.spurious.onLost(count, event.sentUs, event.nowUs)) path.reordering.onEpisode();
    path.controller.onCongestion(event);
    if (!persistent) return;
    path.controller.onPersistentCongestion(event.nowUs);
    path.rtt.renewMinimum();
  }
}
