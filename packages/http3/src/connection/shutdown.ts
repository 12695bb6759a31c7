import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { encodeFrame } from '../frame/encode-frame.ts';
import { FrameType } from '../frame/frame-type.ts';
import { encodeIdentifier, LARGEST_REQUEST_ID } from '../frame/identifier.ts';

/** The limits that GOAWAY frames tell, both ways. RFC 9114 §5.2 */
export class Shutdown {
  private readonly isServer: boolean;
  /** The first request that the peer does not take. */
  peerLimit: number = Number.POSITIVE_INFINITY;
  /** The first request that this side does not take. */
  ownLimit: number = Number.POSITIVE_INFINITY;
  private peerGoes = false;
  private announced = false;

  constructor(isServer: boolean) {
    this.isServer = isServer;
  }

  /** Whether the peer has sent GOAWAY. */
  get isPeerGoing(): boolean {
    return this.peerGoes;
  }

  /** Whether this side has said what it takes last. */
  get isFinal(): boolean {
    return this.ownLimit !== Number.POSITIVE_INFINITY;
  }

  /** GOAWAY came; returns whether it says anything new. Throws H3_ID_ERROR for a limit above an earlier one. */
  onGoAway(id: number): boolean {
    if (id > this.peerLimit) throw connectionError(Http3Code.IdError, 'GOAWAY names more than before');
    const isNew = id < this.peerLimit;
    this.peerLimit = id;
    this.peerGoes = true;
    return isNew;
  }

  /**
   * The frame that announces the end, or tells which request is the first that is not taken any more; undefined where nothing
   * new is to be said. A client takes no pushes: it says so at once.
   */
  goAway(nextRequestId: number, isFinal: boolean): Uint8Array | undefined {
    if (!this.isServer) {
      if (this.isFinal) return undefined;
      this.ownLimit = 0;
      return encodeFrame(FrameType.GoAway, encodeIdentifier(0));
    }
    if (this.isFinal) return undefined;
    if (!isFinal) {
      if (this.announced) return undefined;
      this.announced = true;
      return encodeFrame(FrameType.GoAway, LARGEST_REQUEST_ID);
    }
    this.ownLimit = nextRequestId;
    return encodeFrame(FrameType.GoAway, encodeIdentifier(nextRequestId));
  }
}
