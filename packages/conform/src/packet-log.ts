/** A line of the ladder between this tool and the one that it tests. */
export interface LoggedPacket {
  /** Since the row began, milliseconds. */
  readonly timeMs: number;
  /** A note tells what the script is about to do. */
  readonly kind: 'sent' | 'received' | 'note';
  readonly text: string;
}

/** The packets of one row. */
export class PacketLog {
  readonly packets: LoggedPacket[] = [];
  private readonly nowMs: () => number;

  /** @param nowMs - milliseconds since the row began. */
  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  add(kind: LoggedPacket['kind'], text: string): void {
    this.packets.push({ timeMs: this.nowMs(), kind, text });
  }
}
