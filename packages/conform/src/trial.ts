import type { Address } from '@tsquic/quic-core';
import { type LoggedPacket, PacketLog } from './packet-log.ts';
import type { Finding, Row } from './row.ts';
import { type OutgoingBytes, Scene } from './scene.ts';
import { Inconclusive, type Wait } from './script.ts';
import type { Setting } from './setting.ts';

/**
 * One try of one row, without sockets and clocks: a host gives it the datagrams that come and the time, sends
 * those that it takes from `nextDatagram`, and asks again at `wakeAtUs`, until there is a finding.
 */
export class Trial {
  readonly row: Row;
  /** What the script found; undefined while it runs. */
  finding: Finding | undefined;
  private readonly scene: Scene;
  private readonly script: Iterator<Wait, Finding, boolean>;
  private readonly outgoing: OutgoingBytes[] = [];
  private readonly log: PacketLog;
  private readonly startUs: number;
  private nowUs: number;
  private awaited: Wait = { until: () => false, forMs: 0 };
  private deadlineUs = Infinity;
  private sent = 0;
  private received = 0;
  private receivedBytes = 0;

  /** @param onAct - is told of the moment at which the script does the special thing. */
  constructor(row: Row, setting: Setting, nowUs: number, onAct: (what: string) => void = () => {}) {
    this.row = row;
    this.startUs = nowUs;
    this.nowUs = nowUs;
    this.log = new PacketLog(() => (this.nowUs - this.startUs) / 1000);
    this.scene = new Scene(setting, this.log, this.outgoing);
    this.scene.onAct = onAct;
    this.script = row.play(this.scene);
    this.go(false);
  }

  /** The packets both ways so far. */
  get packets(): readonly LoggedPacket[] {
    return this.log.packets;
  }

  /** A datagram of the one under test came to a socket. */
  incomingDatagram(bytes: Uint8Array, socket: number, from: Address, nowUs: number): void {
    this.nowUs = nowUs;
    if (this.finding !== undefined || bytes.length === 0) return;
    this.received++;
    this.receivedBytes += bytes.length;
    if (this.received > MOST_RECEIVED || this.receivedBytes > MOST_RECEIVED_BYTES) {
      this.finding = { verdict: 'cannot tell', came: 'more came than this tool reads' };
      return;
    }
    this.scene.take(bytes, socket, from);
    this.check();
  }

  /** The next datagram to send, or undefined. */
  nextDatagram(): OutgoingBytes | undefined {
    if (this.sent >= MOST_DATAGRAMS) return undefined;
    const next = this.outgoing.shift();
    if (next !== undefined) this.sent++;
    return next;
  }

  /** When `onTime` wants to be called; Infinity when there is a finding. */
  get wakeAtUs(): number {
    return this.finding === undefined ? this.deadlineUs : Infinity;
  }

  /** Time has passed. */
  onTime(nowUs: number): void {
    this.nowUs = nowUs;
    if (this.finding === undefined) this.check();
  }

  private check(): void {
    if (this.awaited.until()) this.go(true);
    else if (this.nowUs >= this.deadlineUs) this.go(false);
  }

  /** Run the script up to a wait that does not end at once. */
  private go(answer: boolean): void {
    let isTrue = answer;
    try {
      for (;;) {
        const step = this.script.next(isTrue);
        if (step.done === true) {
          this.finding = step.value;
          return;
        }
        this.awaited = step.value;
        this.deadlineUs = this.nowUs + step.value.forMs * 1000;
        isTrue = step.value.until();
        if (!isTrue) return;
      }
    } catch (error) {
      if (!(error instanceof Inconclusive)) throw error;
      this.finding = { verdict: 'cannot tell', came: error.message };
    }
  }
}

/** What a trial keeps and looks through after each datagram: more than any row needs. */
const MOST_RECEIVED = 1000;
const MOST_RECEIVED_BYTES = 1 << 20;
/** More than any row needs: what a peer can make this tool send is bounded. */
const MOST_DATAGRAMS = 400;
