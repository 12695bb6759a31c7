import { BlockList } from 'node:net';
import process from 'node:process';
import { describe, expect, jest, test } from '@jest/globals';
import { createSelfSigned } from 'tsquic/certificates';
import { NewReno } from '@tsquic/congestion';
import {
  connect,
  type ArrivingClient,
  type GreetedClient,
  type ListenOptions,
  type QuicListener,
  type ServedOptions,
} from 'tsquic';
import { createNodeProvider, QuicLbConnectionIds } from 'tsquic/load-balancing';
import { certificate, dial, HOST, PROTOCOL, serve } from './endpoints.ts';

const misuse = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'ERR_QUIC_INVALID_OPTION',
    message: expect.stringMatching(message) as unknown,
  });
/** A client that is not answered waits no longer than this. */
const BRIEF = { transport: { handshakeTimeoutMs: 300 } };

async function closing(listener: QuicListener, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } finally {
    await listener.close();
  }
}

describe('letting clients in', () => {
  test('a listener takes as many as maxConnections says', async () => {
    const listener = await serve(() => {}, { maxConnections: 1 });
    await closing(listener, async () => {
      const first = await dial(listener);
      await expect(dial(listener)).rejects.toThrow(/CONNECTION_REFUSED/);
      await first.close();
    });
  });

  test('a BlockList of node:net keeps addresses out', async () => {
    const blockList = new BlockList();
    blockList.addSubnet('127.0.0.0', 8, 'ipv4');
    const listener = await serve(() => {}, { blockList });
    await closing(listener, async () => {
      await expect(dial(listener, BRIEF)).rejects.toThrow(/handshake/);
      expect(listener.statistics()).toMatchObject({ accepted: 0, failed: 0, handshaking: 0 });
    });
  });

  test('the program decides by address, token and counts', async () => {
    const told: ArrivingClient[] = [];
    const listener = await serve(() => {}, {
      admit: (client) => {
        told.push(client);
        return client.token === 'none' ? 'retry' : { transport: { idleTimeoutMs: 4000 } };
      },
    });
    await closing(listener, async () => {
      const client = await dial(listener);
      expect(told.slice(0, 2).map(({ token }) => token)).toEqual(['none', 'retry']);
      expect(told[0]!.from.ip).toBe(HOST);
      expect(client.statistics().idleTimeoutMs).toBe(4000);
      await client.close();
    });
  });

  test('what the program throws is a warning, and ends nothing', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    let isWrong = true;
    const listener = await serve(() => {}, {
      admit: () => {
        if (isWrong) throw new Error('no luck');
        return undefined;
      },
    });
    await closing(listener, async () => {
      await expect(dial(listener, BRIEF)).rejects.toThrow(/handshake/);
      isWrong = false;
      const client = await dial(listener);
      await client.close();
    });
    expect(warn.mock.calls[0]).toEqual([
      'admit failed: no luck',
      expect.objectContaining({ type: 'QuicProgramFault' }),
    ]);
    warn.mockRestore();
  });

  test.each<[unknown, RegExp]>([
    ['yes', /^admit failed: the answer of admit must be 'accept', .*, not "yes"$/],
    [null, /^admit failed: the answer of admit must be .*, not null$/],
    [Promise.resolve('accept'), /^admit failed: the answer of admit must be .* no promise, not an object$/],
    [
      { idleTimeoutMs: 1 },
      /^admit failed: there is no option idleTimeoutMs; do you mean transport\.idleTimeoutMs/,
    ],
    [{ transport: { idleTimeout: 1 } }, /^admit failed: there is no option transport\.idleTimeout; /],
    [{ transport: { idleTimeoutMs: '1' } }, /^admit failed: transport\.idleTimeoutMs must be an integer/],
    [{ earlyData: true }, /^admit failed: earlyData must be false, not true$/],
  ])('the answer %p is a warning, and the client is ignored', async (answer, message) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const listener = await serve(() => {}, { admit: () => answer as 'accept' });
    await closing(listener, async () => {
      await expect(dial(listener, BRIEF)).rejects.toThrow(/handshake/);
    });
    expect(warn.mock.calls[0]).toEqual([
      expect.stringMatching(message),
      expect.objectContaining({ type: 'QuicProgramFault' }),
    ]);
    warn.mockRestore();
  });

  test('an address has a limit of its own', async () => {
    const listener = await serve(() => {}, { perAddress: { maxConnections: 1 } });
    await closing(listener, async () => {
      const first = await dial(listener);
      await expect(dial(listener)).rejects.toThrow(/CONNECTION_REFUSED/);
      await first.close();
    });
  });

  test('connection IDs are made by the program, and renewed by call', async () => {
    const config = { configId: 3, serverId: Uint8Array.of(1), nonceLength: 7, key: new Uint8Array(16) };
    const connectionIds = new QuicLbConnectionIds(createNodeProvider(), config);
    const before = connectionIds.nextNonce;
    const listener = await serve((connection) => void connection.closed.catch(() => {}), { connectionIds });
    await closing(listener, async () => {
      const client = await dial(listener);
      expect(connectionIds.nextNonce).not.toEqual(before);
      listener.renewConnectionIds();
      const stream = await client.openStream();
      expect(stream.id).toBe(0);
      await client.close();
    });
  });

  test.each([
    [{ maxConnections: -1 }, /^maxConnections must be an integer/],
    [{ maxConnections: '5' }, /^maxConnections must be an integer/],
    [{ blockList: ['127.0.0.1'] }, /^blockList must be a net.BlockList/],
    [{ admit: true }, /^admit must be a function/],
    [{ perAddress: 5 }, /^perAddress must be an object/],
    [{ perAddress: { maxConnections: 0 } }, /perAddress.maxConnections must be an integer/],
    [{ perAddress: { max: 1 } }, /no option perAddress.max/],
    [{ connectionIds: {} }, /^connectionIds must be a generator/],
    [{ connectionIds: { length: 3, generate: () => undefined } }, /4 to 20 bytes/],
  ])('%j cannot work', async (options, message) => {
    await expect(serve(() => {}, options as unknown as Partial<ListenOptions>)).rejects.toEqual(
      misuse(message),
    );
  });
});

describe('setSecureContext', () => {
  test('shows another certificate to who comes next; connections go on, old sessions do not', async () => {
    const { certificatePem: first } = await certificate();
    const other = await createSelfSigned({ hosts: [HOST] });
    const listener = await serve((connection) => void connection.closed.catch(() => {}));
    await closing(listener, async () => {
      const { port } = listener.address;
      let session: Uint8Array | undefined;
      const kept = new Promise<void>((resolve) => {
        void dial(listener, { onSession: (one) => ((session = one), resolve()) });
      });
      const before = await dial(listener);
      await kept;
      listener.setSecureContext({ cert: other.certificatePem, key: other.privateKeyPem });
      await expect(connect({ host: HOST, port, ca: first, ALPNProtocols: [PROTOCOL] })).rejects.toThrow(
        /certificate|unknown_ca/,
      );
      const ca = [first, other.certificatePem];
      const after = await connect({ host: HOST, port, ca, ALPNProtocols: [PROTOCOL] });
      expect(after.peerCertificates[0]).not.toEqual(before.peerCertificates[0]);
      const resumed = await connect({
        host: HOST,
        port,
        ca: first,
        ALPNProtocols: [PROTOCOL],
        session: session!,
      }).then(
        (connection) => connection.resumed,
        () => false,
      );
      expect(resumed).toBe(false);
      const stream = await before.openStream();
      expect(stream.id).toBe(0);
    });
  });

  test('takes a choice by name', async () => {
    const other = await createSelfSigned({ hosts: [HOST, 'other.test'] });
    const listener = await serve(() => {});
    await closing(listener, async () => {
      const asked: string[] = [];
      listener.setSecureContext({
        SNICallback: (name) => {
          asked.push(name);
          return { cert: other.certificatePem, key: other.privateKeyPem };
        },
      });
      const { port } = listener.address;
      const options = { host: HOST, port, ca: other.certificatePem, ALPNProtocols: [PROTOCOL] };
      const client = await connect({ ...options, servername: 'other.test' });
      expect(asked).toEqual(['other.test']);
      await client.close();
    });
  });

  test('refuses what is no pair, and the last certificate stays', async () => {
    const { certificatePem: cert } = await certificate();
    const { privateKeyPem: key } = await createSelfSigned({ hosts: [HOST] });
    const listener = await serve(() => {});
    await closing(listener, async () => {
      for (const [options, message] of [
        [{ cert, key }, /not the key of the certificate/],
        [{ cert }, /needs key and cert/],
        [{}, /needs key and cert/],
        [{ cert, key: 'x' }, /^key: /],
        [{ certificate: cert }, /no option certificate/],
        [{ SNICallback: 5 }, /^SNICallback must be a function/],
        [5, /must be an object/],
      ] as const)
        expect(() => listener.setSecureContext(options as never)).toThrow(misuse(message) as Error);
      const client = await dial(listener);
      await client.close();
    });
  });
});

test('keys of tickets, tokens and resets rotate by call', async () => {
  const listener = await serve(() => {});
  await closing(listener, async () => {
    listener.rotateKeys();
    listener.rotateKeys({
      ticketKey: new Uint8Array(16),
      tokenKey: new Uint8Array(16),
      resetKey: new Uint8Array(32),
    });
    expect(() => listener.rotateKeys({ ticketKey: new Uint8Array(5) })).toThrow(
      misuse(/ticketKey must have 16 bytes/) as Error,
    );
    const client = await dial(listener);
    await client.close();
  });
});

describe('options of a client, by name and protocol', () => {
  test('are certificate, limits and controller', async () => {
    const other = await createSelfSigned({ hosts: ['other.test'] });
    const told: GreetedClient[] = [];
    const served: ServedOptions = {
      cert: other.certificatePem,
      key: other.privateKeyPem,
      transport: { maxBidirectionalStreams: 1, idleTimeoutMs: 9000 },
      congestion: (path) => new NewReno(path),
    };
    const listener = await serve(() => {}, {
      ALPNProtocols: [PROTOCOL, 'other'],
      ALPNCallback: ({ servername, protocols }) => (servername === 'other.test' ? 'other' : protocols[0]),
      optionsFor: (client) => {
        told.push(client);
        return client.alpnProtocol === 'other' ? served : undefined;
      },
    });
    await closing(listener, async () => {
      const plain = await dial(listener);
      const options = {
        servername: 'other.test',
        ca: other.certificatePem,
        ALPNProtocols: [PROTOCOL, 'other'],
      };
      const client = await dial(listener, options);
      expect([plain.alpnProtocol, client.alpnProtocol]).toEqual([PROTOCOL, 'other']);
      expect([plain, client].map((one) => one.statistics().idleTimeoutMs)).toEqual([30_000, 9000]);
      await client.openStream();
      await expect(client.openStream({ waitUntilAvailable: false })).rejects.toMatchObject({
        code: 'ERR_QUIC_STREAMS_UNAVAILABLE',
      });
      expect(told[1]).toEqual({
        servername: 'other.test',
        alpnProtocol: 'other',
        protocols: [PROTOCOL, 'other'],
        remoteAddress: { ip: HOST, port: client.localAddress.port },
        version: 1,
      });
      await Promise.all([plain.close(), client.close()]);
    });
  });

  test('are the demand for a certificate', async () => {
    const mine = await createSelfSigned({ hosts: ['me'], usages: ['client'] });
    const listener = await serve(() => {}, {
      optionsFor: ({ servername }) =>
        servername === 'localhost' ? { requestCert: true, ca: mine.certificatePem } : undefined,
    });
    await closing(listener, async () => {
      const anybody = await dial(listener);
      await anybody.ready;
      const stranger = await dial(listener, { servername: 'localhost' });
      await expect(stranger.ready).rejects.toMatchObject({ code: 'ERR_QUIC_TLS_ALERT' });
      const { certificatePem: cert, privateKeyPem: key } = mine;
      const friend = await dial(listener, { servername: 'localhost', cert, key });
      await friend.ready;
      await Promise.all([anybody.close(), friend.close()]);
    });
  });

  test.each<[string, Partial<ListenOptions>]>([
    ['optionsFor', { optionsFor: () => ({ earlyData: true }) as unknown as ServedOptions }],
    ['optionsFor', { optionsFor: () => ({ transport: { maxAckDelayMs: 1 } }) as unknown as ServedOptions }],
    [
      'ALPNCallback',
      {
        ALPNCallback: () => {
          throw new Error('no luck');
        },
      },
    ],
  ])('of %s that cannot work end that handshake, and warn', async (name, options) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const listener = await serve(() => {}, options);
    await closing(listener, async () => {
      await expect(dial(listener)).rejects.toMatchObject({ code: 'ERR_QUIC_TRANSPORT', errorCode: 1 });
    });
    if (name === 'ALPNCallback')
      expect(warn.mock.calls[0]).toEqual([
        'ALPNCallback failed: no luck',
        expect.objectContaining({ type: 'QuicProgramFault' }),
      ]);
    warn.mockRestore();
  });
});

test('limits change while the listener runs', async () => {
  const listener = await serve(() => {}, { maxConnections: 7 });
  await closing(listener, async () => {
    expect([listener.maxConnections, listener.perAddress]).toEqual([7, {}]);
    const first = await dial(listener);
    await first.ready;
    listener.maxConnections = 1;
    expect(listener.maxConnections).toBe(1);
    await expect(dial(listener)).rejects.toThrow(/CONNECTION_REFUSED/);
    listener.maxConnections = 10;
    listener.perAddress = { maxConnections: 1 };
    expect(listener.perAddress).toEqual({ maxConnections: 1 });
    await expect(dial(listener)).rejects.toThrow(/CONNECTION_REFUSED/);
    listener.perAddress = {};
    const second = await dial(listener);
    expect(() => (listener.maxConnections = -1)).toThrow(misuse(/maxConnections/) as Error);
    expect(listener.maxConnections).toBe(10);
    await Promise.all([first.close(), second.close()]);
  });
});
