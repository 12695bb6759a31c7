import { expect, test } from '@jest/globals';
import { parseScenario } from './scenario.ts';

test('paths of one server, some after others', () => {
  const targets = parseScenario('0:index.html;4:/12345;8:0:a/b;12:-:c;', 'h:1');
  expect(targets.map(({ path, after }) => [path, after?.path])).toEqual([
    ['/index.html', undefined],
    ['/12345', undefined],
    ['/a/b', '/index.html'],
    ['/c', undefined],
  ]);
  expect(targets[0]).toMatchObject({ host: 'h', port: 1, fileName: 'index.html' });
});

test.each([
  ['', /asks for nothing/],
  ['index.html', /not STREAM:PATH/],
  ['0:a;0:b', /stream 0 is there already/],
  ['4:0:a', /nothing before is stream 0/],
  ['0:0:a', /nothing before is stream 0/],
])('refuses %j', (text, reason) => {
  expect(() => parseScenario(text, 'h:1')).toThrow(reason);
});
