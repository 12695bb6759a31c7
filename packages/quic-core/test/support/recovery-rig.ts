import type { AckSample, CongestionController, CongestionEvent } from '@tsquic/congestion';
import { RandomBits } from '../../src/packet/random-bits.ts';
import { Level } from '@tsquic/tls13';
import { type AckFrame, createAckFrame } from '../../src/frame/ack.ts';
import type { OpenPacket } from '../../src/packet/writer.ts';
import { PeerIds } from '../../src/ids/peer-ids.ts';
import { createRegistry } from './registry.ts';
import { Paths } from '../../src/path/paths.ts';
import type { DeliveryLog } from '../../src/facts/delivery-log.ts';
import type { PacketSpace } from '../../src/spaces/packet-space.ts';
import type { FactRouter } from '../../src/recovery/facts.ts';
import type { HandshakeProgress } from '../../src/handshake/progress.ts';
import { ProbeTimeout } from '../../src/recovery/pto.ts';
import { CongestionReports } from '../../src/recovery/congestion-reports.ts';
import { Recovery } from '../../src/recovery/recovery.ts';
import type { Space } from '../../src/packet/levels.ts';
import { PacketSpaces } from '../../src/spaces/spaces.ts';

/** A congestion controller with a fixed window that writes down what it is told. */
export class RecordingController implements CongestionController {
  readonly name = 'recording';
  ecnCodepoint = 0;
  windowBytes = 10_000_000;
  pacingRate = 0;
  inSlowStart = true;
  readonly samples: AckSample[] = [];
  readonly events: CongestionEvent[] = [];
  persistent = 0;
  spurious = 0;
  onSent(): void {}
  onAck(sample: AckSample): void {
    this.samples.push({ ...sample });
  }
  onCongestion(event: CongestionEvent): void {
    this.events.push({ ...event });
  }
  onPersistentCongestion(): void {
    this.persistent++;
  }
  onSpuriousLoss(): void {
    this.spurious++;
  }
  reset(): void {}
  setMtu(): void {}
}

/** What a packet of the rig is like. */
export interface RigPacket {
  readonly eliciting?: boolean;
  readonly inFlight?: boolean;
  readonly bytes?: number;
  readonly probe?: boolean;
}

/** What an acknowledgement of the rig says besides its ranges. */
export interface RigAck {
  readonly rawDelay?: number;
  readonly ecn?: readonly [ect0: number, ect1: number, ce: number];
}

/** Recovery with everything around it under control. Each packet leaves its own number as its one fact. */
export class RecoveryRig {
  readonly controller: RecordingController;
  readonly progress: { -readonly [K in keyof HandshakeProgress]: HandshakeProgress[K] };
  readonly spaces: PacketSpaces = new PacketSpaces(25_000, 3, () => 0);
  readonly paths: Paths;
  readonly pto: ProbeTimeout;
  readonly recovery: Recovery;
  /** Numbers whose facts arrived. */
  readonly acked: number[] = [];
  /** Numbers whose facts are to be repeated. */
  readonly lost: number[] = [];
  private readonly frame: AckFrame = createAckFrame();

  constructor(progress: Partial<HandshakeProgress> = {}, ecnCodepoint = 0) {
    this.controller = new RecordingController();
    this.controller.ecnCodepoint = ecnCodepoint;
    this.progress = {
      isClient: false,
      complete: false,
      confirmed: true,
      hasHandshakeKeys: true,
      peerValidated: true,
      ...progress,
    };
    this.paths = new Paths(
      { ip: '10.0.0.1', port: 1 },
      { ip: '10.0.0.2', port: 2 },
      0,
      this.progress.isClient,
      new PeerIds(new Uint8Array(8), createRegistry().registry),
      {
        initialRttUs: 333_000,
        maxUdpPayloadBytes: 1452,
        congestion: () => this.controller,
        ecn: ecnCodepoint > 0,
        space: this.spaces.application,
        spinBit: 'on',
        bits: new RandomBits((out) => out.fill(1)),
      },
      (out) => out.fill(7),
      0,
    );
    this.paths.active.amplification.validated = true;
    this.pto = new ProbeTimeout(this.paths, this.spaces, this.progress);
    const { acked, lost } = this;
    const facts: Pick<FactRouter, 'acknowledge' | 'lose'> = {
      acknowledge: ({ sending }: PacketSpace, from: number, to: number) => {
        const { log } = sending.sent;
        for (let i = from; i < to; i++) acked.push(log.valueAt(i, 0));
      },
      lose: (log: DeliveryLog, from: number, to: number) => {
        for (let i = from; i < to; i++) lost.push(log.valueAt(i, 0));
      },
    };
    this.recovery = new Recovery(
      this.paths,
      this.spaces,
      facts as FactRouter,
      this.pto,
      new CongestionReports(),
    );
  }

  /** The space of a kind; undefined once it is discarded. */
  space(kind: Space): PacketSpace | undefined {
    return this.spaces.at(kind, this.paths.active);
  }

  /** The number of the next 1-RTT packet. */
  nextNumber(): number {
    const { active } = this.paths;
    return active.space.sending.nextNumber(active);
  }

  /** Send one packet; returns its number. */
  send(kind: Space, nowUs: number, packet: RigPacket = {}): number {
    const { recovery, paths } = this;
    const space = this.space(kind)!;
    const { sent } = space.sending;
    const number = sent.next;
    const ackEliciting = packet.eliciting ?? true;
    const open: OpenPacket = {
      level: Level.Application,
      pathId: 0,
      number,
      headerAt: 0,
      lengthAt: -1,
      numberAt: 0,
      payloadAt: 0,
      payloadEnd: 0,
      ackEliciting,
      inFlight: packet.inFlight ?? ackEliciting,
    };
    const from = sent.log.head;
    sent.log.add(1, number, 0, 0);
    const { active } = paths;
    recovery.onSent(space, open, packet.bytes ?? 1000, from, active, packet.probe ?? false, nowUs);
    active.ecn.onSent(1, active.ecn.codepoint);
    return number;
  }

  /** An ACK of these inclusive ranges, newest first. */
  ack(
    kind: Space,
    ranges: readonly (readonly [from: number, to: number])[],
    nowUs: number,
    extra: RigAck = {},
  ): void {
    const { frame } = this;
    frame.largest = ranges[0]![1];
    frame.rawDelay = extra.rawDelay ?? 0;
    frame.rangeCount = ranges.length;
    if (frame.starts.length < ranges.length) {
      frame.starts = new Float64Array(ranges.length);
      frame.ends = new Float64Array(ranges.length);
    }
    ranges.forEach(([from, to], i) => {
      frame.starts[i] = from;
      frame.ends[i] = to;
    });
    frame.hasEcn = extra.ecn !== undefined;
    [frame.ect0, frame.ect1, frame.ce] = extra.ecn ?? [0, 0, 0];
    this.recovery.onAck(this.space(kind)!, frame, nowUs);
  }
}
