import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQlogTracer } from '@tsquic/qlog';
import { createConnectedPair } from '@tsquic/simulator';
import { drawExample, ladderOnPage } from '../tools/ladder-example.ts';

const page = readFileSync('docs/seeing.md', 'utf8');

test('the ladder is as it is drawn; `pnpm ladder-example --write` renews the page', async () => {
  expect(ladderOnPage()).toBe(await drawExample());
});

test('every call of a tracer is named', () => {
  const calls = Object.keys(createQlogTracer({ open: () => undefined }));
  expect(calls.filter((call) => !page.includes(`\`${call}\``))).toEqual([]);
});

test('every field of the snapshots is named', () => {
  const { client } = createConnectedPair({ createCrypto: (random) => createNodeProvider({ random }) });
  const paths = client.connection.pathStatistics();
  const fields = [client.connection.statistics(), ...paths].flatMap((snapshot) => Object.keys(snapshot));
  expect(paths).toHaveLength(1);
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
