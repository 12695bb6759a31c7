import { expect, test } from '@jest/globals';
import type { Settings } from '@tsquic/http3';
import { createSelfSigned } from 'tsquic/certificates';
import { createHashedCertificate, readHashedCertificate } from '@tsquic/webtransport/certificates';
import { explainDeparture } from '../src/explain/departure.ts';
import { http3OptionsFor } from '../src/session/http3-options.ts';
import { sessionConfigOf } from '../src/session-options.ts';

/** What browsers were seen to announce. */
const CHROMIUM: Settings = new Map([
  [0x01, 65_536],
  [0x06, 16_384],
  [0x07, 100],
  [0x33, 1],
  [0x2b603742, 1],
]);
const FIREFOX: Settings = new Map([
  [0x01, 65_536],
  [0x07, 20],
  [0x2b603742, 1],
  [0x33, 1],
  [0x08, 1],
]);

const ours = (dialects?: readonly ('02' | '07' | '13' | '15')[]): Settings =>
  new Map([
    [0x08, 1],
    [0x33, 1],
    ...http3OptionsFor(sessionConfigOf(dialects === undefined ? {} : { dialects })).settings,
  ]);

const client = {
  address: '192.0.2.1:5000',
  ...{ settings: undefined, ours: ours(), alert: undefined, certificate: undefined },
  ...{ reason: 'the peer closed it with H3_NO_ERROR', unixTimeMs: Date.now() },
};

test.each([
  ['Chromium 156', CHROMIUM, '0x2b603742'],
  ['Firefox 153', FIREFOX, '0x2b603742'],
])('%s that misses a setting is told by the number of the setting', (browser, settings, missed) => {
  const lines = explainDeparture({ ...client, settings, ours: ours(['13', '15']) });
  expect(lines).toEqual([
    '192.0.2.1:5000 left without asking for a session: the peer closed it with H3_NO_ERROR',
    `it announces what ${browser} does, which needs the settings ${missed}, and this server says 0`,
  ]);
  expect(explainDeparture({ ...client, settings })[1]).toContain('finds here all settings that it needs');
});

test('a browser that came for pages alone is no news', () => {
  const pages = new Map([...FIREFOX, [0x2b603742, 0]]);
  expect(explainDeparture({ ...client, settings: pages })).toEqual([]);
  expect(explainDeparture(client)).toEqual([]);
});

test('a certificate that was refused is judged by every rule', async () => {
  const good = await createHashedCertificate();
  const lines = explainDeparture({ ...client, alert: 46, certificate: good.der });
  expect(lines[0]).toBe('192.0.2.1:5000 refused the certificate: TLS alert 46, certificate_unknown');
  expect(lines[1]).toContain(Buffer.from(good.hash).toString('hex'));
  const long = readHashedCertificate((await createSelfSigned({ hosts: ['a'], days: 90 })).certificatePem);
  expect(explainDeparture({ ...client, alert: 42, certificate: long.der })[1]).toBe(
    'with serverCertificateHashes no browser takes it: the certificate is valid for 90 days, and 14 are the most',
  );
});
