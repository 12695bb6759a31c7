import type { CongestionController } from '@tsquic/congestion';

/** So many packets are marked to test a path. RFC 9000 §13.4.2 */
const TEST_PACKETS = 10;
/**
 * After so many probe timeouts in a row, the marks of a path under test are taken for the cause of the loss.
 */
const TEST_TIMEOUTS = 2;
/** The same for a path on which marked packets have arrived before. */
const DOUBT_TIMEOUTS = 3;

/**
 * Whether a path can be trusted with ECN, RFC 9000 §A.4.
 *
 *   Testing ── enough marked ─▶ Unknown ── validated ─▶ Capable ── doubted ─▶ Unknown
 *     └──────────┴──────────────┴──── refuted ──▶ Failed
 */
export const EcnState = { Testing: 0, Unknown: 1, Capable: 2, Failed: 3 } as const;
export type EcnState = (typeof EcnState)[keyof typeof EcnState];

export const EcnInput = { TestOver: 0, Validated: 1, Refuted: 2 } as const;
export type EcnInput = (typeof EcnInput)[keyof typeof EcnInput];

const S = EcnState;
const STEPS: readonly (readonly EcnState[])[] = [
  /* Testing */ [S.Unknown, S.Capable, S.Failed],
  /* Unknown */ [S.Unknown, S.Capable, S.Failed],
  /* Capable */ [S.Unknown, S.Capable, S.Failed],
  /* Failed  */ [S.Failed, S.Failed, S.Failed],
];

/** Next state by state and input: after the state Failed, no packet is marked again. RFC 9000 §13.4.2.2 */
export function stepEcn(state: EcnState, input: EcnInput): EcnState {
  return STEPS[state]![input]!;
}

/** Decides which packets of one path carry an ECN mark. RFC 9000 §13.4.2 */
export class EcnMarking {
  state: EcnState;
  private readonly controller: CongestionController;
  private markedPackets = 0;
  private lostPackets = 0;
  private congestedPackets = 0;

  constructor(allowed: boolean, controller: CongestionController) {
    this.state = allowed ? EcnState.Testing : EcnState.Failed;
    this.controller = controller;
  }

  /** Codepoint of the next packet: 0 none, 1 ECT(1), 2 ECT(0). */
  get codepoint(): number {
    const marks = this.state === EcnState.Testing || this.state === EcnState.Capable;
    return marks ? this.controller.ecnCodepoint : 0;
  }

  /** A datagram left with so many packets, marked with `codepoint`. */
  onSent(packets: number, codepoint: number): void {
    if (codepoint === 0) return;
    this.markedPackets += packets;
    if (this.state === EcnState.Testing && this.markedPackets >= TEST_PACKETS) this.step(EcnInput.TestOver);
  }

  /** A marked packet was declared lost; a path on which all marked packets are lost fails the test. */
  onLost(): void {
    this.lostPackets++;
    if (this.state === EcnState.Unknown && this.lostPackets === this.markedPackets)
      this.step(EcnInput.Refuted);
  }

  /** The probe timeout fired `count` times without an answer. */
  onTimeout(count: number): void {
    const limit = this.state === EcnState.Testing ? TEST_TIMEOUTS : DOUBT_TIMEOUTS;
    if (count >= limit) this.step(EcnInput.TestOver);
  }

  /**
   * The ECN counts of an ACK frame are possible: so many more packets arrived with the mark that they were
   * sent with, and so many with CE. When every packet is reported with CE, the test shows nothing. RFC 9000
   * §A.4
   */
  onReported(ectPackets: number, cePackets: number): void {
    if (ectPackets > 0) this.step(EcnInput.Validated);
    if (this.state === EcnState.Capable) return;
    this.congestedPackets += cePackets;
    if (this.congestedPackets >= TEST_PACKETS) this.step(EcnInput.Refuted);
  }

  /** The ECN counts of an ACK frame cannot be true, or are missing. */
  onRefuted(): void {
    this.step(EcnInput.Refuted);
  }

  private step(input: EcnInput): void {
    this.state = stepEcn(this.state, input);
  }
}
