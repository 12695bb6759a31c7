import { describe, expect, test } from '@jest/globals';
import {
  afterAllAcked,
  afterAllSent,
  afterReset,
  afterResetAcked,
  ReceiveInput,
  ReceiveState,
  SEND,
  SendKind,
  type SendState,
  stepReceive,
} from './states.ts';

/** One line for each state: its name, and the state that every input leads to. */
function table<S>(
  names: readonly string[],
  states: readonly S[],
  kindOf: (state: S) => number,
  inputs: Readonly<Record<string, (state: S) => S>>,
): string[] {
  return states.map((state) => {
    const name = names[kindOf(state)]!;
    const next = Object.entries(inputs).map(([input, step]) => {
      const after = names[kindOf(step(state))]!;
      return after === name ? '' : `${input}→${after}`;
    });
    return [name, ...next.filter((cell) => cell !== '')].join(' ');
  });
}

describe('stream states are those of RFC 9000 §3', () => {
  test('sending, Figure 2', () => {
    const reset = (state: SendState): SendState => afterReset(state, 7, 100, true);
    const sent = afterAllSent(SEND);
    const states = [SEND, sent, afterAllAcked(sent), reset(SEND), afterResetAcked(reset(SEND))];
    const inputs = {
      AllSent: afterAllSent,
      AllAcked: afterAllAcked,
      Reset: reset,
      ResetAcked: afterResetAcked,
    };
    expect(table(Object.keys(SendKind), states, ({ kind }) => kind, inputs)).toEqual([
      'Send AllSent→DataSent Reset→ResetSent',
      'DataSent AllAcked→DataRecvd Reset→ResetSent',
      'DataRecvd',
      'ResetSent ResetAcked→ResetRecvd',
      'ResetRecvd',
    ]);
  });

  test('a reset keeps its code and its final size, whatever is said later', () => {
    const first = afterReset(SEND, 7, 0, false);
    expect(first).toEqual({
      kind: SendKind.ResetSent,
      code: 7,
      finalSize: 0,
      byProgram: false,
      owesFrame: true,
    });
    expect(afterReset(first, 8, 5, true)).toBe(first);
    expect(afterResetAcked(first)).toEqual({ kind: SendKind.ResetRecvd, byProgram: false });
  });

  test('receiving, Figure 3', () => {
    const inputs = Object.fromEntries(
      Object.entries(ReceiveInput).map(([name, input]) => [
        name,
        (state: ReceiveState) => stepReceive(state, input),
      ]),
    );
    const states = Object.values(ReceiveState);
    expect(table(Object.keys(ReceiveState), states, (state) => state, inputs)).toEqual([
      'Recv Fin→SizeKnown Reset→ResetRecvd',
      'SizeKnown AllData→DataRecvd Reset→ResetRecvd',
      'DataRecvd Read→DataRead',
      'DataRead',
      'ResetRecvd Read→ResetRead',
      'ResetRead',
    ]);
  });
});
