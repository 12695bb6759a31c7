/** The answer of a source that was asked for bytes. */
export interface SourceAnswer {
  /** Bytes written to the start of the room. */
  readonly bytes: number;
  /** The stream ends after them. */
  readonly fin: boolean;
}

/**
 * Makes the bytes of a stream while a packet is being built: just-in-time sending. It fills any part of `room`, which
 * lies in the packet itself, and must not keep it. Giving neither bytes nor the end puts the source to rest until
 * `QuicStream.setSource` is called again; one that calls it itself hands over to the next. An empty room says that the
 * peer's limits are used up: only the end may be told then, and a source that does not is asked again when there is
 * more. `write` on its own stream throws `QuicUsageError('re-entrant')`, and `write` with the end by other code
 * removes the source. What it throws closes the connection with INTERNAL_ERROR.
 */
export type StreamSource = (room: Uint8Array) => SourceAnswer;
