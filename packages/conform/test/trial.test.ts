import { expect, test } from '@jest/globals';
import { type Finding, type Row, Trial } from '../src/index.ts';
import type { Scene } from '../src/scene.ts';
import { type Script, wait } from '../src/script.ts';
import { createSetting, VICTIM } from './support/stage.ts';

/** A trial that waits for what never comes, and how often it has looked for it. */
function createTrial(): { readonly trial: Trial; readonly looks: () => number } {
  let looks = 0;
  function* play(scene: Scene): Script<Finding> {
    scene.open();
    yield* wait(1000, () => {
      looks++;
      return false;
    });
    return { verdict: 'pass', came: 'nothing' };
  }
  const row: Row = {
    name: 'waits',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §4.1',
    ids: [],
    sends: 'nothing',
    asks: 'nothing',
    play,
  };
  return { trial: new Trial(row, createSetting(), 0), looks: () => looks };
}

test.each([
  [1, 1000],
  [1200, 873],
  [60_000, 17],
])('of datagrams of %i bytes, %i are read, and no more', (bytes, most) => {
  const { trial, looks } = createTrial();
  for (let count = 0; count < 5000; count++) {
    expect(trial.finding === undefined).toBe(count <= most);
    trial.incomingDatagram(new Uint8Array(bytes), 0, VICTIM, count);
  }
  expect(trial.finding).toEqual({ verdict: 'cannot tell', came: 'more came than this tool reads' });
  expect([trial.packets.length, looks(), trial.wakeAtUs]).toEqual([most, most + 1, Infinity]);
});

test('a trial within its bounds ends by its own script', () => {
  const { trial } = createTrial();
  for (let count = 0; count < 1000; count++) trial.incomingDatagram(new Uint8Array(40), 0, VICTIM, count);
  trial.onTime(1_000_000);
  expect(trial.finding).toEqual({ verdict: 'pass', came: 'nothing' });
});
