import { expect, test } from '@jest/globals';
import { ScriptedPolls } from '../../test/scripted-polls.ts';
import { PollBell } from './poll-bell.ts';

test('the request lies as Linux has it: to poll for reading, and to count in the eventfd', () => {
  const polls = new ScriptedPolls();
  const bell = new PollBell(polls, 10);
  expect([bell.fd, bell.arm()]).toEqual([11, true]);
  const request = new DataView(polls.requests[0]!.buffer);
  const fields = {
    operation: request.getUint16(16, true),
    watched: request.getUint32(20, true),
    events: request.getBigUint64(24, true),
    flags: request.getUint32(56, true),
    eventFd: request.getUint32(60, true),
  };
  expect(fields).toEqual({ operation: 5, watched: 10, events: 1n, flags: 1, eventFd: 11 });
});

test('a request is made anew once it is complete, and not before', () => {
  const polls = new ScriptedPolls();
  const bell = new PollBell(polls, 10);
  bell.arm();
  expect([bell.arm(), polls.requests.length]).toEqual([true, 1]);
  polls.done = 1;
  expect([bell.arm(), polls.requests.length]).toEqual([true, 2]);
});

test('it says when the system takes no request', () => {
  const polls = new ScriptedPolls();
  const bell = new PollBell(polls, 10);
  polls.failures.add('io_submit');
  expect(bell.arm()).toBe(false);
  polls.failures.clear();
  expect(bell.arm()).toBe(true);
});

test.each(['io_setup', 'eventfd'])('where the system refuses %s, there is none', (call) => {
  const polls = new ScriptedPolls();
  polls.failures.add(call);
  expect(() => new PollBell(polls, 10)).toThrow('no asynchronous polling');
});
