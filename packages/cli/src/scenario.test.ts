import { expect, test } from '@jest/globals';
import { parseScenario } from './scenario.ts';

// What picoquicdemo makes of them: the path of each stream, and of the one it waits for.
test.each([
  ['0:index.html;4:/12345', ['/index.html', '/12345 after /index.html']],
  [
    '/;t:test.html;8:0:b:main.jpg;12:0:/bla/bla/',
    ['/', '/test.html after /', '/main.jpg after /', '/bla/bla/ after /'],
  ],
  ['/;b:main.jpg;t:test.html;', ['/', '/main.jpg after /', '/test.html after /main.jpg']],
  ['/32;4:-:/33', ['/32', '/33']],
  ['/32;-:/33;8:0:/34', ['/32', '/33', '/34 after /32']],
  ['*3:0:/a;/b', ['/a', '/a', '/a', '/b after /a']],
  ['*2:/a;-:/b;*2:16:8:/c', ['/a', '/a', '/b', '/c after /b', '/c after /b']],
  [' * 2 : 4 : - : x ', ['/x', '/x']],
])('%s', (text, expected) => {
  const targets = parseScenario(text, 'h:1');
  expect(
    targets.map(({ path, after }) => (after === undefined ? path : `${path} after ${after.path}`)),
  ).toEqual(expected);
  expect(targets[0]).toMatchObject({ host: 'h', port: 1 });
});

test('what is asked for several times has several names', () => {
  expect(parseScenario('*3:/a/b.txt', 'h:1').map(({ fileName }) => fileName)).toEqual([
    'b.txt',
    'b.txt.1',
    'b.txt.2',
  ]);
});

test.each([
  ['', /asks for nothing/],
  ['a b', /not \[\*N:\]/],
  ['x:y:z', /not \[\*N:\]/],
  ['0:a;0:b', /stream 0 is there already/],
  ['*3:a;8:b', /stream 8 is there already/],
  ['4:0:a', /nothing before is stream 0/],
  ['0:0:a', /nothing before is stream 0/],
  ['*0:a', /\*0 is not from 1 to 10000/],
  ['/cgi-sink:1000000;4:/', /HTTP\/0\.9 sends no bodies/],
])('refuses %j', (text, reason) => {
  expect(() => parseScenario(text, 'h:1')).toThrow(reason);
});
