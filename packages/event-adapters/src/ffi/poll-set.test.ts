import { expect, test } from '@jest/globals';
import { ScriptedPolls } from '../../test/scripted-polls.ts';
import { PollSet } from './poll-set.ts';
import { Ready } from './readiness.ts';

const [IN, OUT, ERR, HUP] = [1, 4, 8, 16];

test.each([true, false])('a socket hears what it is ready for; events without gaps: %s', (isPacked) => {
  const polls = new ScriptedPolls(isPacked);
  const set = new PollSet(polls);
  const heard: unknown[] = [];
  const [first, second] = [5, 6].map((fd) => set.watch(fd, (...told) => heard.push([fd, ...told])));
  first!.start(Ready.Read);
  second!.start(Ready.Read | Ready.Write);
  expect(polls.log).toEqual(['add 5 1 1', 'add 6 5 2']);
  polls.ready = [
    [2, IN | OUT],
    [1, IN],
  ];
  expect(set.dispatch()).toBe(true);
  expect(heard).toEqual([
    [6, 0, Ready.Read | Ready.Write],
    [5, 0, Ready.Read],
  ]);
  expect(set.dispatch()).toBe(false);
});

test('the system is told of changes alone', () => {
  const polls = new ScriptedPolls();
  const socket = new PollSet(polls).watch(5, () => {});
  socket.stop();
  socket.start(Ready.Read);
  socket.start(Ready.Read);
  socket.start(Ready.Write);
  socket.stop();
  socket.close();
  socket.start(Ready.Read);
  expect(polls.log).toEqual(['add 5 1 1', 'change 5 4 1', 'delete 5 0 1']);
});

test.each([ERR, HUP])('an error (%i) stops the watching until it is started again', (bit) => {
  const polls = new ScriptedPolls();
  const set = new PollSet(polls);
  const heard: unknown[] = [];
  const socket = set.watch(5, (...told) => heard.push(told));
  socket.start(Ready.Read);
  polls.ready = [[1, IN | bit]];
  set.dispatch();
  expect([heard, polls.log.at(-1)]).toEqual([[[-1, 0]], 'delete 5 0 1']);
  socket.restart();
  expect(polls.log.at(-1)).toBe('add 5 1 1');
});

test('a socket that a handler closes hears nothing more, nor does another one with its number', () => {
  const polls = new ScriptedPolls();
  const set = new PollSet(polls);
  const heard: string[] = [];
  const first = set.watch(5, () => {
    heard.push('first');
    second.close();
    set.watch(6, () => heard.push('third')).start(Ready.Read);
    polls.log.length = 0;
  });
  const second = set.watch(6, () => heard.push('second'));
  first.start(Ready.Read);
  second.start(Ready.Read);
  polls.ready = [
    [1, IN],
    [2, IN],
  ];
  set.dispatch();
  expect(heard).toEqual(['first']);
});

test('it tells how many sockets there are, and whether one keeps the program running', () => {
  const set = new PollSet(new ScriptedPolls());
  const states: unknown[] = [];
  set.onChange = () => states.push([set.size, set.isReferenced]);
  const [first, second] = [set.watch(5, () => {}), set.watch(6, () => {})];
  first.unref();
  first.unref();
  second.close();
  first.ref();
  first.close();
  first.ref();
  expect(states).toEqual([
    [1, true],
    [2, true],
    [2, true],
    [2, false],
    [1, false],
    [1, true],
    [1, false],
    [0, false],
  ]);
});

test('where the system has no epoll, there is none', () => {
  const polls = new ScriptedPolls();
  polls.failures.add('epoll_create1');
  expect(() => new PollSet(polls)).toThrow('no epoll');
});
