/** What the peer lets this side send in one session. Without flow control nothing is limited. draft-ietf-webtrans-http3 §5 */
export class PeerLimits {
  private maxData: number;
  private readonly maxStreams: { bidi: number; uni: number };
  private readonly opened = { bidi: 0, uni: 0 };
  private usedData = 0;

  /** @param initial - by the peer's SETTINGS; Infinity where flow control is off. */
  constructor(initial: { readonly data: number; readonly bidi: number; readonly uni: number }) {
    this.maxData = initial.data;
    this.maxStreams = { bidi: initial.bidi, uni: initial.uni };
  }

  /** Bytes of stream bodies that may be sent. */
  get dataLeft(): number {
    return this.maxData - this.usedData;
  }

  /** The limit on data, bytes. */
  get data(): number {
    return this.maxData;
  }

  /** Bytes were handed over to be sent. */
  onSent(bytes: number): void {
    this.usedData += bytes;
  }

  /** Bytes that were handed over will never leave, because their stream was reset: they use no credit. */
  onUnsent(bytes: number): void {
    this.usedData -= bytes;
  }

  /** The limit on streams of this kind. */
  streams(unidirectional: boolean): number {
    return this.maxStreams[kindOf(unidirectional)];
  }

  mayOpen(unidirectional: boolean): boolean {
    const kind = kindOf(unidirectional);
    return this.opened[kind] < this.maxStreams[kind];
  }

  onOpened(unidirectional: boolean): void {
    this.opened[kindOf(unidirectional)]++;
  }

  /** WT_MAX_DATA came; returns false where it raises nothing, which is an error of the session. draft-ietf-webtrans-http3 §5.6.4 */
  raiseData(limit: number): boolean {
    if (limit <= this.maxData) return false;
    this.maxData = limit;
    return true;
  }

  /** WT_MAX_STREAMS came; returns false where it raises nothing. draft-ietf-webtrans-http3 §5.6.2 */
  raiseStreams(unidirectional: boolean, limit: number): boolean {
    const kind = kindOf(unidirectional);
    if (limit <= this.maxStreams[kind]) return false;
    this.maxStreams[kind] = limit;
    return true;
  }
}

function kindOf(unidirectional: boolean): 'bidi' | 'uni' {
  return unidirectional ? 'uni' : 'bidi';
}
