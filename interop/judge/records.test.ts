import { expect, test } from '@jest/globals';
import { splitRecords } from './records.ts';

const LIST =
  '[\n  {\n    "a": "}, {",\n    "b": {\n      "c": "1"\n    }\n  },\n  {\n    "a": "2"\n  }\n\n]\n';

async function recordsOf(chunks: Iterable<string>): Promise<unknown[]> {
  const records: unknown[] = [];
  // oxlint-disable-next-line typescript/require-await -- chunks come from a list here, from a process elsewhere
  async function* told(): AsyncGenerator<string> {
    yield* chunks;
  }
  for await (const record of splitRecords(told())) records.push(JSON.parse(record));
  return records;
}

test('a list is split into its objects, wherever its chunks end', async () => {
  const whole = JSON.parse(LIST) as unknown[];
  expect(await recordsOf([LIST])).toEqual(whole);
  expect(await recordsOf(LIST)).toEqual(whole);
  for (let at = 1; at < LIST.length; at++)
    expect(await recordsOf([LIST.slice(0, at), LIST.slice(at)])).toEqual(whole);
});

test('an empty list has none', async () => {
  expect(await recordsOf(['[\n\n]\n'])).toEqual([]);
  expect(await recordsOf([])).toEqual([]);
});

test('of a list that breaks off, the objects that are whole', async () => {
  const [first] = JSON.parse(LIST) as unknown[];
  const breaks = LIST.indexOf('},\n') + 3;
  for (let at = breaks; at < LIST.lastIndexOf('\n  }') + 4; at++)
    expect(await recordsOf([LIST.slice(0, at)])).toEqual([first]);
});
