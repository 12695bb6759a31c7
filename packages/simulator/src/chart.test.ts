import { expect, test } from '@jest/globals';
import { drawChart } from './chart.ts';

test('a chart has its highest value on top and its last time on the right', () => {
  const points = [
    { atUs: 0, value: 0 },
    { atUs: 500_000, value: 50 },
    { atUs: 1_000_000, value: 100 },
  ];
  const chart = drawChart([{ mark: '*', label: 'up', points }], {
    title: 'test',
    columns: 10,
    rows: 4,
    format: (value) => `${value} B`,
  });
  expect(chart.split('\n')).toEqual([
    'test   * up',
    '100 B │         *',
    ' 50 B │     *',
    '      │',
    '      │*',
    '      └──────────',
    '       0   1.00 s',
  ]);
});
