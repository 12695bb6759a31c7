import { describe, expect, test } from '@jest/globals';
import { covers } from '../../../../tools/covers.ts';
import { ReceiveInput, ReceiveState, SendInput, SendState, stepReceive, stepSend } from './states.ts';

/** One line for each state: its name, and the state that every input leads to. */
function table(
  states: Readonly<Record<string, number>>,
  inputs: Readonly<Record<string, number>>,
  step: (state: number, input: number) => number,
): string[] {
  const names = Object.keys(states);
  return names.map((name) => {
    const next = Object.entries(inputs).map(([input, value]) => {
      const after = names[step(states[name]!, value)]!;
      return after === name ? '' : `${input}→${after}`;
    });
    return [name, ...next.filter((cell) => cell !== '')].join(' ');
  });
}

describe('stream states are those of RFC 9000 §3', () => {
  test('sending, Figure 2', () => {
    expect(table(SendState, SendInput, stepSend as (state: number, input: number) => number)).toEqual([
      'Send AllSent→DataSent Reset→ResetSent',
      'DataSent AllAcked→DataRecvd Reset→ResetSent',
      'DataRecvd',
      'ResetSent ResetAcked→ResetRecvd',
      'ResetRecvd',
    ]);
  });

  test(`receiving, Figure 3 ${covers('rfc9000-3.2-1')}`, () => {
    expect(
      table(ReceiveState, ReceiveInput, stepReceive as (state: number, input: number) => number),
    ).toEqual([
      'Recv Fin→SizeKnown Reset→ResetRecvd',
      'SizeKnown AllData→DataRecvd Reset→ResetRecvd',
      'DataRecvd Read→DataRead',
      'DataRead',
      'ResetRecvd Read→ResetRead',
      'ResetRead',
    ]);
  });
});
