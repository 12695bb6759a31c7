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
  /** Priority of streams whose program sets none. Default: they take turns. */
  readonly defaultStreamPriority?: number;
  /** Whether this end accepts RESET_STREAM_AT. Default: it does not. */
  readonly reliableReset?: boolean;
}

/** The peer's limits for the data of new streams, from its transport parameters. RFC 9000 §18.2 */
export interface PeerStreamLimits {
  readonly initialMaxData: number;
  readonly initialMaxStreamDataBidiLocal: number;
  readonly initialMaxStreamDataBidiRemote: number;
  readonly initialMaxStreamDataUni: number;
  readonly initialMaxStreamsBidi: number;
  readonly initialMaxStreamsUni: number;
  /** Default: the peer does not understand RESET_STREAM_AT. */
  readonly resetStreamAt?: boolean;
}
