/**
 * Sending part of a stream, RFC 9000 §3.1 (Figure 2). `Ready` and `Send` are one here, for what separates
 * them is only whether a frame has left.
 *
 *   Send ── all sent ─▶ DataSent ── all acked ─▶ DataRecvd
 *     └────── reset ──────▶ ResetSent ── acked ─▶ ResetRecvd
 */
export const SendState = { Send: 0, DataSent: 1, DataRecvd: 2, ResetSent: 3, ResetRecvd: 4 } as const;
export type SendState = (typeof SendState)[keyof typeof SendState];

export const SendInput = { AllSent: 0, AllAcked: 1, Reset: 2, ResetAcked: 3 } as const;
export type SendInput = (typeof SendInput)[keyof typeof SendInput];

/** Next state by state and input; an input that means nothing leaves the state as it is. */
const SEND_STEPS: readonly (readonly SendState[])[] = [
  /* Send       */ [SendState.DataSent, SendState.Send, SendState.ResetSent, SendState.Send],
  /* DataSent   */ [SendState.DataSent, SendState.DataRecvd, SendState.ResetSent, SendState.DataSent],
  /* DataRecvd  */ [SendState.DataRecvd, SendState.DataRecvd, SendState.DataRecvd, SendState.DataRecvd],
  /* ResetSent  */ [SendState.ResetSent, SendState.ResetSent, SendState.ResetSent, SendState.ResetRecvd],
  /* ResetRecvd */ [SendState.ResetRecvd, SendState.ResetRecvd, SendState.ResetRecvd, SendState.ResetRecvd],
];

export function stepSend(state: SendState, input: SendInput): SendState {
  return SEND_STEPS[state]![input]!;
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
  // All the data is here: a reset that comes now is ignored. RFC 9000 §3.2
  /* DataRecvd  */ [R.DataRecvd, R.DataRecvd, R.DataRead, R.DataRecvd],
  /* DataRead   */ [R.DataRead, R.DataRead, R.DataRead, R.DataRead],
  /* ResetRecvd */ [R.ResetRecvd, R.ResetRecvd, R.ResetRead, R.ResetRecvd],
  /* ResetRead  */ [R.ResetRead, R.ResetRead, R.ResetRead, R.ResetRead],
];

export function stepReceive(state: ReceiveState, input: ReceiveInput): ReceiveState {
  return RECEIVE_STEPS[state]![input]!;
}
