import { expect, test } from '@jest/globals';
import { AlternativeServices, parseAltSvc } from './alt-svc.ts';

const NOW = 1_000_000;

test.each([
  ['h3=":443"', [['origin', 443, 86_400_000, false]]],
  ['h3="other.example:8443"; ma=10', [['other.example', 8443, 10_000, false]]],
  ['h3="[::1]:8443"; persist=1; ma="5"', [['::1', 8443, 5000, true]]],
  [
    'h2=":1", h3=":2"; ma=0, h3-29=":3", h3="a\\b:4"',
    [
      ['origin', 2, 0, false],
      ['ab', 4, 86_400_000, false],
    ],
  ],
  ['w="x,y:1"; h3=":9", h3=":8"; persist=2', [['origin', 8, 86_400_000, false]]],
  ['h3=":0", h3=":65536", h3="a b:1", h3="u@h:1", h3=":", h3=443, h3', []],
  ['', []],
  [',,;;"', []],
])('%s', (value, expected) => {
  const found = parseAltSvc(value, 'origin', NOW);
  expect(found).toEqual(
    expected.map(([host, port, ms, isPersistent]) => ({
      host,
      port,
      expiresMs: NOW + (ms as number),
      isPersistent,
    })),
  );
});

test('clear stands alone', () => {
  expect(parseAltSvc(' clear ', 'origin', NOW)).toBe('clear');
  expect(parseAltSvc('clear, h3=":1"', 'origin', NOW)).toHaveLength(1);
});

test('of many alternatives and origins the first, and the latest, are kept', () => {
  const many = parseAltSvc(
    Array.from({ length: 100 }, (_, index) => `h3=":${index + 1}"`).join(),
    'origin',
    NOW,
  );
  expect(many).toHaveLength(8);
  const services = new AlternativeServices();
  for (let index = 0; index < 2000; index++) services.set(`origin ${index}`, many);
  expect([services.get('origin 0', NOW), services.get('origin 1999', NOW)?.port]).toEqual([undefined, 1]);
});

test('what is over is not used, and a change of network leaves what persists', () => {
  const services = new AlternativeServices();
  services.set('a', parseAltSvc('h3=":1"; ma=1, h3=":2"; persist=1', 'a', NOW));
  expect([services.get('a', NOW + 999)?.port, services.get('a', NOW + 1000)?.port]).toEqual([1, 2]);
  services.onNetworkChange();
  expect(services.get('a', NOW)?.port).toBe(2);
  services.remove('a', services.get('a', NOW)!);
  expect(services.get('a', NOW)).toBeUndefined();
  services.set('b', parseAltSvc('h3=":1"', 'b', NOW));
  services.set('b', 'clear');
  expect(services.get('b', NOW)).toBeUndefined();
});

test('a long field takes time that follows its length', () => {
  const begin = performance.now();
  for (const piece of ['h3="a', ';', '"', '\\', ' ', 'h3=":1";ma=', ';ma="1"x'])
    parseAltSvc(piece.repeat(16_000), 'o', NOW);
  expect(performance.now() - begin).toBeLessThan(5000);
});

test('a field beyond 2048 characters is not read, whatever it would cost', () => {
  expect(parseAltSvc('h3=":1"'.padEnd(2048, ' '), 'a', 0)).toHaveLength(1);
  expect(parseAltSvc('h3=":1"'.padEnd(2049, ' '), 'a', 0)).toEqual([]);
});

test('an alternative that fails is removed, also where the origin has named it again meanwhile', () => {
  const services = new AlternativeServices();
  services.set('o', parseAltSvc('h3="b:1", h3="c:2"', 'a', 0));
  const first = services.get('o', 0)!;
  services.set('o', parseAltSvc('h3="b:1", h3="c:2"', 'a', 1));
  services.remove('o', first);
  expect(services.get('o', 0)).toMatchObject({ host: 'c', port: 2 });
});
