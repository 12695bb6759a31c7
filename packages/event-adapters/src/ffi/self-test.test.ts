import { expect, test } from '@jest/globals';
import { ScriptedSystem } from '../../test/scripted-system.ts';
import type { OnReady } from './native-system.ts';
import type { Readiness } from './readiness.ts';
import { hearsOn } from './self-test.ts';
import { UvReadiness } from './uv-readiness.ts';

test('a system whose ports hear of what has come is used', async () => {
  const system = new ScriptedSystem();
  const { sendmsg } = system.calls;
  const calls = {
    ...system.calls,
    sendmsg: (fd: number, message: bigint, flags: number) => {
      system.arrivals.push({ bytes: Uint8Array.of(1), name: system.bound });
      setImmediate(() => system.onPoll(system.handle, 0, 1));
      return sendmsg(fd, message, flags);
    },
  };
  expect(await hearsOn(Object.assign(system, { calls }))).toBe(true);
  expect(system.log.at(-1)).toBe('close 5');
});

test('a system that refuses to watch a second time is not', async () => {
  const system = new ScriptedSystem();
  const watch = (fd: number, onReady: OnReady): Readiness => {
    setImmediate(() => {
      system.arrivals.push({ bytes: Uint8Array.of(1), name: system.bound });
      onReady(0, 1);
    });
    Object.assign(system, {
      watch: () => {
        throw new Error('a timer');
      },
    });
    return new UvReadiness(system, fd, onReady);
  };
  expect(await hearsOn(Object.assign(system, { watch }))).toBe(false);
});

test('a system that tells nothing is not', async () => {
  const system = new ScriptedSystem();
  expect(await hearsOn(system)).toBe(false);
  expect(system.log.at(-1)).toBe('close 5');
});

test('nor is one that opens no socket', async () => {
  const system = new ScriptedSystem();
  system.failures['socket'] = 24;
  expect(await hearsOn(system)).toBe(false);
});
