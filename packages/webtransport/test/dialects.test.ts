import { describe, expect, test } from '@jest/globals';
import { Http3Code, SettingId, type Settings } from '@tsquic/http3';
import { type Dialect, LimitSetting, WebTransportSetting as Id } from '@tsquic/webtransport/session';
import { Scene } from './scene.ts';

/** What each browser needs to find in SETTINGS before it asks for a session; one of the sets is enough. */
const BROWSERS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'Chromium 156': [[Id.Draft02, SettingId.H3Datagram]],
  'Chromium 156 with EnableWebTransportDraft07': [[Id.Draft02], [Id.Draft07, SettingId.H3Datagram]],
  'Firefox 153': [[Id.Draft02]],
  'Safari 26': [[Id.Draft13, LimitSetting.MaxData, LimitSetting.MaxStreamsBidi, LimitSetting.MaxStreamsUni]],
  'the newest draft': [[Id.Draft15, SettingId.EnableConnectProtocol, SettingId.H3Datagram]],
};

/** The settings that our server tells, without the reserved one. */
function serverSettings(): Settings {
  const scene = new Scene({ client: 'hand' });
  scene.run(() => scene.clientEngine.hasPeerSettings);
  return new Map([...scene.clientEngine.peerSettings].filter(([id]) => (id - 0x21) % 0x1f !== 0));
}

describe('our server', () => {
  test('tells these settings, each once', () => {
    expect(Object.fromEntries(serverSettings())).toEqual({
      0x01: 4096,
      0x06: 16_384,
      0x07: 16,
      0x08: 1,
      0x33: 1,
      0x2b603742: 1,
      0xc671706a: 1,
      0x14e9cd29: 1,
      0x2c7cf000: 1,
      0x2b61: 8_388_608,
      0x2b64: 100,
      0x2b65: 100,
    });
  });

  test.each(Object.entries(BROWSERS))('lets %s in', (_browser, sets) => {
    const settings = serverSettings();
    expect(sets.some((set) => set.every((id) => (settings.get(id) ?? 0) > 0))).toBe(true);
    // Safari 26 gives up for more sessions than one.
    expect(settings.get(Id.Draft13)).toBe(1);
  });
});

describe('dialects', () => {
  test.each([
    [['02'], 'webtransport'],
    [['07'], 'webtransport'],
    [['13'], 'webtransport'],
    [['15'], 'webtransport-h3'],
    [['02', '07'], 'webtransport'],
    [['02', '07', '13', '15'], 'webtransport-h3'],
  ] as const)('a client that speaks %j names the protocol %s', (dialects, protocol) => {
    const scene = new Scene({ client: { dialects: dialects as readonly Dialect[] } });
    const { client, server } = scene.open();
    expect(scene.requests[0]!.head.protocol).toBe(protocol);
    expect(server.session!.dialect).toBe([...dialects].toSorted().at(-1));
    scene.send(client, false, 'hello');
    scene.run(() => server.streams[0]?.text === 'hello');
  });

  test('draft 02 is offered and echoed', () => {
    const scene = new Scene({ client: { dialects: ['02'] } });
    const client = scene.ask();
    let answer: unknown;
    client.session!.handlers = { onOpen: (head) => (answer = head.fields) };
    scene.run(() => answer !== undefined);
    expect(scene.requests[0]!.head.fields).toContainEqual({
      name: 'sec-webtransport-http3-draft02',
      value: '1',
    });
    expect(answer).toContainEqual({ name: 'sec-webtransport-http3-draft', value: 'draft02' });
  });

  test('a server without the setting is not asked', () => {
    const scene = new Scene({ server: { dialects: ['07'] }, client: { dialects: ['02', '15'] } });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    expect(scene.client.connect({ authority: 'a', path: '/' })).toBe('unsupported');
    expect(scene.client.missing).toEqual(['a setting of WebTransport that this client speaks']);
  });

  test.each([
    ['a client without H3_DATAGRAM', { clientHttp: { datagrams: false }, client: { dialects: ['07'] } }],
    [
      'a protocol of the newest draft without its setting',
      { client: 'hand', clientHttp: { settings: new Map([[Id.Draft15, 0]]) } },
    ],
  ] as const)('%s is refused', (_name, options) => {
    const scene = new Scene(options as ConstructorParameters<typeof Scene>[0]);
    scene.run(() => scene.clientEngine.hasPeerSettings);
    const protocol = options.client === 'hand' ? 'webtransport-h3' : 'webtransport';
    scene.clientEngine.request({
      method: 'CONNECT',
      scheme: 'https',
      authority: 'a',
      path: '/',
      protocol,
      fields: [],
    });
    scene.run(() => scene.refused.length === 1);
    scene.run(() => scene.pair.client.has('stream-reset'));
    expect(scene.pair.client.eventsOf('stream-reset')[0]!.code).toBe(Http3Code.MessageError);
    expect(scene.accepted).toEqual([]);
  });
});

describe('strict conformance', () => {
  const strict = { conformance: 'strict' } as const;

  test('establishes a session by the newest draft', () => {
    const scene = new Scene({ client: strict, server: strict });
    expect(scene.open().server.session!.dialect).toBe('15');
  });

  test('forgives no browser', () => {
    const scene = new Scene({ client: 'hand', server: strict });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    scene.clientEngine.request({
      ...{
        method: 'CONNECT',
        scheme: 'https',
        authority: 'a',
        path: '/',
        protocol: 'webtransport',
        fields: [],
      },
    });
    scene.run(() => scene.pair.client.has('stream-reset'));
    expect(scene.refused[0]).toContain('no draft is common');
  });

  test('demands reset_stream_at of the transport', () => {
    const scene = new Scene({
      ...{ client: 'hand', server: strict },
      context: { transport: { reliableReset: false } },
    });
    scene.run(() => scene.clientEngine.hasPeerSettings);
    scene.clientEngine.request({
      ...{
        method: 'CONNECT',
        scheme: 'https',
        authority: 'a',
        path: '/',
        protocol: 'webtransport-h3',
        fields: [],
      },
    });
    scene.run(() => scene.refused.length === 1);
    expect(scene.refused[0]).toContain('reset_stream_at');
  });
});

test('a request waits for the SETTINGS of its client', () => {
  const scene = new Scene({ client: 'hand' });
  scene.run(() => scene.clientEngine.hasPeerSettings);
  scene.clientEngine.request({
    ...{
      method: 'CONNECT',
      scheme: 'https',
      authority: 'a',
      path: '/',
      protocol: 'webtransport',
      fields: [],
    },
  });
  scene.run(() => scene.accepted.length === 1);
  expect(scene.serverEngine.hasPeerSettings).toBe(true);
});
