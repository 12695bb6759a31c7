/**
 * Sending part of a stream, RFC 9000 §3.1 (Figure 2). `Ready` and `Send` are one state here: they differ only
 * in whether a frame has left, and no rule depends on that.
 *
 *   Send ── all sent ─▶ DataSent ── all acked ─▶ DataRecvd
 *     └────── reset ──────▶ ResetSent ── acked ─▶ ResetRecvd
 *
 * A reset with a reliable size, ResetAt, is followed by ResetSent when the data is given up too, or by
 * ResetRecvd when that data and the frame are acknowledged. draft-ietf-quic-reliable-stream-reset §5.3
 */
export const SendKind = {
  Send: 0,
  DataSent: 1,
  DataRecvd: 2,
  ResetSent: 3,
  ResetRecvd: 4,
  ResetAt: 5,
} as const;
export type SendKind = (typeof SendKind)[keyof typeof SendKind];

/** A state that needs no more than its name. */
interface BareState {
  readonly kind: typeof SendKind.Send | typeof SendKind.DataSent | typeof SendKind.DataRecvd;
}

/** The fields of RESET_STREAM, kept until the peer acknowledges the frame. RFC 9000 §3.1, §19.4 */
export interface ResetSent {
  readonly kind: typeof SendKind.ResetSent;
  readonly code: number;
  /** The final size, which counts for flow control. RFC 9000 §4.5 */
  readonly finalSize: number;
  /** The program has ended its data itself, by this reset or before it. */
  readonly byProgram: boolean;
  /** The frame must be sent, for the first time or again. */
  owesFrame: boolean;
}

export interface ResetRecvd {
  readonly kind: typeof SendKind.ResetRecvd;
  readonly byProgram: boolean;
}

/** The fields of RESET_STREAM_AT. draft-ietf-quic-reliable-stream-reset §4 */
export interface ResetAt {
  readonly kind: typeof SendKind.ResetAt;
  readonly code: number;
  /** The reliable size: this many bytes of the stream are delivered all the same. */
  readonly reliableSize: number;
  /** The frame must be sent, for the first time or again. */
  owesFrame: boolean;
  /** Whether the peer has acknowledged the frame with this reliable size. */
  isAcked: boolean;
}

/** A state and its fields. The buffer knows which data is to be sent and acknowledged. */
export type SendState = BareState | ResetSent | ResetRecvd | ResetAt;

/** The program may write, or what it wrote has not all been sent. */
export const SEND: SendState = { kind: SendKind.Send };
const DATA_SENT: SendState = { kind: SendKind.DataSent };
const DATA_RECVD: SendState = { kind: SendKind.DataRecvd };

/** The next state when all data and the FIN have been sent. */
export function afterAllSent(state: SendState): SendState {
  return state.kind === SendKind.Send ? DATA_SENT : state;
}

/** The next state when all data and the FIN have been acknowledged. */
export function afterAllAcked(state: SendState): SendState {
  return state.kind === SendKind.DataSent ? DATA_RECVD : state;
}

/**
 * The next state when the program or STOP_SENDING resets the stream. A state in which all data has been
 * acknowledged stays, and so does the code of a reset with a reliable size.
 */
export function afterReset(state: SendState, code: number, finalSize: number, byProgram: boolean): SendState {
  if (!canBeReset(state)) return state;
  const isFirst = state.kind !== SendKind.ResetAt;
  return {
    kind: SendKind.ResetSent,
    code: isFirst ? code : state.code,
    finalSize,
    byProgram: byProgram || !isFirst,
    owesFrame: true,
  };
}

/**
 * The next state after a reset with a reliable size, which a later one may only lower.
 * draft-ietf-quic-reliable-stream-reset §5.2
 */
export function afterResetAt(state: SendState, code: number, reliableSize: number): SendState {
  if (!canBeReset(state)) return state;
  if (state.kind !== SendKind.ResetAt)
    return { kind: SendKind.ResetAt, code, reliableSize, owesFrame: true, isAcked: false };
  if (reliableSize >= state.reliableSize) return state;
  return { ...state, reliableSize, owesFrame: true, isAcked: false };
}

/**
 * The next state when the peer has rejected 0-RTT: it counts no data of the stream. Data below a reliable size is sent
 * again, and RESET_STREAM_AT after it. RFC 9001 §4.6.2
 */
export function afterRejection(state: SendState): SendState {
  if (state.kind === SendKind.DataSent) return SEND;
  if (state.kind === SendKind.ResetSent) return { ...state, finalSize: 0 };
  if (state.kind === SendKind.ResetAt) return { ...state, owesFrame: true, isAcked: false };
  return state;
}

/**
 * The next state when RESET_STREAM is acknowledged, or RESET_STREAM_AT and all data below its reliable size.
 */
export function afterResetAcked(state: SendState): SendState {
  if (state.kind === SendKind.ResetAt) return { kind: SendKind.ResetRecvd, byProgram: true };
  if (state.kind !== SendKind.ResetSent) return state;
  return { kind: SendKind.ResetRecvd, byProgram: state.byProgram };
}

/**
 * Whether a reset changes the state: not all data is acknowledged, and the stream was not reset, or only with
 * a reliable size.
 */
export function canBeReset({ kind }: SendState): boolean {
  return kind === SendKind.Send || kind === SendKind.DataSent || kind === SendKind.ResetAt;
}

/**
 * Receiving part of a stream, RFC 9000 §3.2 (Figure 3).
 *
 *   Recv ── FIN ─▶ SizeKnown ── all data ─▶ DataRecvd ── read ─▶ DataRead
 *     └────────┴── RESET_STREAM ─▶ ResetRecvd ── told ─▶ ResetRead
 */
export const ReceiveState = {
  Recv: 0,
  SizeKnown: 1,
  DataRecvd: 2,
  DataRead: 3,
  ResetRecvd: 4,
  ResetRead: 5,
} as const;
export type ReceiveState = (typeof ReceiveState)[keyof typeof ReceiveState];

export const ReceiveInput = { Fin: 0, AllData: 1, Read: 2, Reset: 3 } as const;
export type ReceiveInput = (typeof ReceiveInput)[keyof typeof ReceiveInput];

const R = ReceiveState;
const RECEIVE_STEPS: readonly (readonly ReceiveState[])[] = [
  /* Recv       */ [R.SizeKnown, R.Recv, R.Recv, R.ResetRecvd],
  /* SizeKnown  */ [R.SizeKnown, R.DataRecvd, R.SizeKnown, R.ResetRecvd],
  // All data has been received, so a reset that comes now is ignored. RFC 9000 §3.2
  /* DataRecvd  */ [R.DataRecvd, R.DataRecvd, R.DataRead, R.DataRecvd],
  /* DataRead   */ [R.DataRead, R.DataRead, R.DataRead, R.DataRead],
  /* ResetRecvd */ [R.ResetRecvd, R.ResetRecvd, R.ResetRead, R.ResetRecvd],
  /* ResetRead  */ [R.ResetRead, R.ResetRead, R.ResetRead, R.ResetRead],
];

export function stepReceive(state: ReceiveState, input: ReceiveInput): ReceiveState {
  return RECEIVE_STEPS[state]![input]!;
}
