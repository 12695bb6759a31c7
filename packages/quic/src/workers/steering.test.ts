import { createNodeProvider } from '@tsquic/crypto/node';
import { expect, test } from '@jest/globals';
import { createSteeringPlan, Steering } from './steering.ts';

const crypto = createNodeProvider();
const NOW = 1_800_000_000_000;
const FROM = { ip: '192.0.2.1', port: 1000 };

function steering(active: readonly number[]): Steering {
  const made = new Steering(crypto, createSteeringPlan(crypto, undefined));
  for (const worker of active) made.states.set(worker, 'active');
  return made;
}

function initial(destination: Uint8Array): Uint8Array {
  return Uint8Array.of(0xc0, 0, 0, 0, 1, destination.length, ...destination, 0, 0, 1, 2, 3);
}

function short(destination: Uint8Array): Uint8Array {
  return Uint8Array.of(0x40, ...destination, ...new Uint8Array(20));
}

function randomId(length = 8): Uint8Array {
  const id = new Uint8Array(length);
  crypto.random(id);
  return id;
}

test('an issued ID leads to its worker from everywhere, also when it takes no clients any more', () => {
  const steers = steering([0, 1, 2]);
  const id = steers.ids.generatorOf(2).generate('first')!;
  steers.states.set(2, 'leaving');
  for (const here of [-1, 0, 1, 2])
    for (let port = 0; port < 20; port++) {
      const from = { ip: '192.0.2.9', port };
      expect(steers.workerFor(short(id), from, here, NOW)).toBe(2);
      expect(steers.workerFor(initial(id), from, here, NOW)).toBe(2);
    }
});

test('an ID of a worker that is gone leads to one that lives', () => {
  const steers = steering([0, 1]);
  const id = steers.ids.generatorOf(9).generate('first')!;
  expect(steers.workerFor(short(id), FROM, 1, NOW)).toBe(1);
  expect([0, 1]).toContain(steers.workerFor(short(id), FROM, -1, NOW));
});

test('first flights go where the system gave their first datagram, and stay there', () => {
  const steers = steering([0, 1, 2, 3]);
  for (let count = 0; count < 100; count++) {
    const flight = initial(randomId());
    const here = count % 4;
    expect(steers.workerFor(flight, FROM, here, NOW)).toBe(here);
    expect(steers.workerFor(flight, { ip: '192.0.2.2', port: count }, (count + 1) % 4, NOW)).toBe(here);
  }
});

test('a dispatcher spreads first flights by address, and keeps each together when the address changes', () => {
  const steers = steering([0, 1, 2, 3]);
  const counts = [0, 0, 0, 0];
  for (let port = 1; port <= 400; port++) {
    const flight = initial(randomId());
    const worker = steers.workerFor(flight, { ip: '192.0.2.1', port }, -1, NOW);
    counts[worker]!++;
    expect(steers.workerFor(flight, { ip: '192.0.2.1', port: port + 7 }, -1, NOW)).toBe(worker);
  }
  for (const count of counts) expect(count).toBeGreaterThan(50);
});

test('no first flight begins at a worker that leaves, but those that began there end there', () => {
  const steers = steering([0, 1]);
  const before = initial(randomId());
  expect(steers.workerFor(before, FROM, 0, NOW)).toBe(0);
  steers.states.set(0, 'leaving');
  expect(steers.workerFor(before, FROM, 1, NOW)).toBe(0);
  for (let count = 0; count < 50; count++)
    expect(steers.workerFor(initial(randomId()), FROM, 0, NOW)).toBe(1);
});

test('when all leave, somebody still tells clients so; when none is there, nobody is named', () => {
  const steers = steering([4]);
  steers.states.set(4, 'leaving');
  expect(steers.workerFor(initial(randomId()), FROM, -1, NOW)).toBe(4);
  steers.states.set(4, 'absent');
  for (const datagram of [initial(randomId()), short(randomId()), new Uint8Array(0), Uint8Array.of(0xc0)])
    expect(steers.workerFor(datagram, FROM, -1, NOW)).toBe(-1);
});

test('whatever comes is given to a worker that lives', () => {
  const steers = steering([3, 8]);
  const whole = initial(randomId(20));
  for (let length = 1; length <= whole.length; length++)
    expect([3, 8]).toContain(steers.workerFor(whole.subarray(0, length), FROM, -1, NOW));
});
