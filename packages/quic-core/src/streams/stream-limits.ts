/** Our own limits, as configured. */
export interface StreamSettings {
  readonly connectionWindowBytes: number;
  readonly maxConnectionWindowBytes: number;
  readonly streamWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  readonly maxBidirectionalStreams: number;
  readonly maxUnidirectionalStreams: number;
  /** Default: no bound. */
  readonly maxSendBufferBytes?: number;
}

/** The peer's limits for the data of new streams, from its transport parameters. RFC 9000 §18.2 */
export interface PeerStreamLimits {
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
}
