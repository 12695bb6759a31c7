import { describe, expect, test } from '@jest/globals';
import type { QuicContextOptions } from '../src/config/config.ts';
import type { QuicContext } from '../src/context/context.ts';
import type { QuicConnection, QuicStream } from '../src/context/handles.ts';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { QuicUsageError } from '../src/errors/usage-error.ts';
import type { QuicEvent } from '../src/events.ts';
import { FrameType } from '../src/frame/rules.ts';
import { createClient, createServer, eventsOf } from './support/contexts.ts';
import { CLIENT, SERVER } from './support/exchange.ts';
import { usageCode } from '@tsquic/testing';

const SECOND_US = 1_000_000;
const HELLO = new TextEncoder().encode('hello');
const RESET_KEY = new Uint8Array(32).fill(7);
const TO = { to: SERVER, serverName: 'server.test' };

type Role = 'client' | 'server';

/** One end: a context, what it holds of the connection, and a program that acts on its events in order. */
class End {
  context: QuicContext;
  connection: QuicConnection | undefined = undefined;
  readonly streams = new Map<number, QuicStream>();
  readonly events: QuicEvent[] = [];
  onEvent: (event: QuicEvent, stream: QuicStream | undefined) => void = () => {};

  constructor(context: QuicContext) {
    this.context = context;
  }

  act(): void {
    for (let event = this.context.nextEvent(); event !== undefined; event = this.context.nextEvent()) {
      this.events.push(event);
      this.connection ??= this.context.connection(event.connection);
      const id = 'streamId' in event ? event.streamId : -1;
      const stream = this.connection?.stream(id) ?? this.streams.get(id);
      if (stream !== undefined) this.streams.set(id, stream);
      this.onEvent(event, stream);
    }
  }

  has(type: QuicEvent['type']): boolean {
    return this.events.some((event) => event.type === type);
  }

  open(unidirectional: boolean): QuicStream | undefined {
    const stream = this.connection?.openStream({ unidirectional });
    if (stream !== undefined) this.streams.set(stream.id, stream);
    return stream;
  }
}

/** A program under test and its peer, between whom datagrams travel one by one, and the end comes after one of them. */
class Stage {
  nowUs = SECOND_US;
  readonly program: End;
  readonly peer: End;
  /** Nothing the peer sends arrives any more. */
  severed = false;
  /** What the peer sends breaks the protocol. */
  lawless = false;
  moved = 0;
  private readonly role: Role;
  private readonly out = createOutgoingDatagram(new Uint8Array(1500));

  constructor(role: Role, options: Partial<Record<Role, Partial<QuicContextOptions>>> = {}) {
    this.role = role;
    const lawless: Partial<QuicContextOptions> = {
      beforeSealing: ({ buffer, payloadAt, payloadEnd }) => {
        // NEW_CONNECTION_ID frames of which nothing else is right.
        if (this.lawless) buffer.fill(FrameType.NewConnectionId, payloadAt, payloadEnd);
        return payloadEnd;
      },
    };
    // Few streams: everything is done to each of them, at every event.
    const transport = { maxBidirectionalStreams: 4, maxUnidirectionalStreams: 3 };
    const server = createServer({
      resetKey: RESET_KEY,
      transport,
      ...(role === 'client' ? lawless : {}),
      ...options.server,
    });
    const client = createClient({ transport, ...(role === 'server' ? lawless : {}), ...options.client });
    const ends = { client: new End(client), server: new End(server) };
    this.program = ends[role];
    this.peer = ends[role === 'client' ? 'server' : 'client'];
    ends.client.connection = client.createConnection(TO, this.nowUs);
  }

  /** Carry datagrams until there are none, or until `limit` were carried in all. */
  carry(limit: number, onMoved: () => void): void {
    for (let quiet = false; !quiet && this.moved < limit;) {
      quiet = true;
      for (const sender of [this.peer, this.program]) {
        if (sender.context.nextWakeDelay(this.nowUs, 1) > 0) continue;
        if (sender.context.prepareNextPacket(this.out, this.nowUs) === 0) continue;
        quiet = false;
        this.arrive(sender);
        this.moved++;
        if (this.moved > 5000) throw new Error('the two do not come to rest');
        onMoved();
        if (this.moved >= limit) return;
      }
    }
  }

  /** Let a minute pass: what is still under way is repeated, or given up. */
  passMinute(onMoved: () => void): void {
    const untilUs = this.nowUs + 60 * SECOND_US;
    for (let instants = 0; this.nowUs < untilUs; instants++) {
      if (instants > 5000) throw new Error('time does not pass');
      this.carry(Infinity, onMoved);
      const delays = [this.program, this.peer].map(({ context }) =>
        context.nextWakeDelay(this.nowUs, untilUs - this.nowUs),
      );
      this.nowUs += Math.max(1, Math.ceil(Math.min(...delays)));
    }
  }

  /** Where the program's datagrams go. */
  get peerAddress(): typeof CLIENT {
    return this.role === 'client' ? SERVER : CLIENT;
  }

  private arrive(sender: End): void {
    const fromPeer = sender === this.peer;
    if (fromPeer && this.severed) return;
    const receiver = fromPeer ? this.program : this.peer;
    const [from, to] = fromPeer === (this.role === 'client') ? [SERVER, CLIENT] : [CLIENT, SERVER];
    const bytes = this.out.buffer.slice(0, this.out.length);
    receiver.context.incomingPacket(bytes, from, to, 0, 0, this.nowUs);
  }
}

/** The peer talks: two streams both ways, one of which it ends, one of one way, and a word on each of the program's. */
function runPeer(peer: End): void {
  peer.onEvent = (event, stream) => {
    if (event.type === 'connected') {
      peer.open(false)?.write(HELLO);
      peer.open(false)?.write(HELLO, true);
      peer.open(true)?.write(HELLO, true);
    } else if (event.type === 'stream-opened') stream?.write(HELLO);
    else if (event.type === 'stream-readable') while ((stream?.read(new Uint8Array(100)) ?? 0) > 0);
  };
}

/** How a connection or its streams end, by whatever is not a call of the program in that place. */
const ENDINGS: Readonly<Record<string, (stage: Stage) => void>> = {
  'the peer closes': ({ peer }) => peer.connection?.close(7, 'bye'),
  'the peer resets': ({ peer }) => {
    for (const stream of peer.streams.values()) stream.reset(9);
  },
  'the peer stops': ({ peer }) => stopAll(peer),
  'the peer stops, talks and closes': ({ peer }) => {
    stopAll(peer);
    peer.open(false)?.write(HELLO, true);
    peer.connection?.close(0);
  },
  'the peer vanishes': (stage) => {
    stage.severed = true;
  },
  'the peer breaks the protocol': (stage) => {
    stage.lawless = true;
    stage.peer.open(false)?.write(HELLO);
  },
  'the peer has forgotten': ({ peer }) => {
    peer.context.free();
    peer.context = createServer({ resetKey: RESET_KEY }, 99);
    peer.connection = undefined;
  },
  'the network says that nobody is there': (stage) =>
    stage.program.context.notifyUnreachable(stage.peerAddress, stage.nowUs),
  'the program itself closes': ({ program }) => program.connection?.close(3),
  'the program frees its context': (stage) => {
    stage.program.context.free();
    stage.severed = true;
  },
};

function stopAll(peer: End): void {
  for (const stream of peer.streams.values()) if (hasReceivingHalf(stream, peer)) stream.stopSending(9);
}

/** RFC 9000 §2.1 */
function isOwn(id: number, { connection }: End): boolean {
  return (id & 1) === (connection?.isClient === true ? 0 : 1);
}

function hasReceivingHalf({ id }: QuicStream, end: End): boolean {
  return (id & 2) === 0 || !isOwn(id, end);
}

/** What the test knows of the calls that a program made. */
class Witness {
  readonly faults: string[] = [];
  readonly seen = new Set<string>();
  readonly shortWrites = new Map<number, number>();
  private readonly program: End;

  constructor(program: End) {
    this.program = program;
  }

  /** Make a call that is right whatever the peer does; `quiet` is what it must give after the end. */
  call<T>(name: string, event: QuicEvent, act: () => T, quiet?: T): T | undefined {
    const ended = this.program.connection?.closeReason !== undefined;
    this.seen.add(`${name} on ${event.type}${ended ? ', ended' : ''}`);
    try {
      const result = act();
      if (ended && arguments.length > 3 && result !== quiet)
        this.faults.push(`${name} on ${event.type} gave ${String(result)} after the end`);
      return result;
    } catch (error) {
      this.faults.push(`${name} on ${event.type}: ${String(error)}`);
      return undefined;
    }
  }

  write(event: QuicEvent, stream: QuicStream, bytes: Uint8Array, fin: boolean): number {
    const taken = this.call('write', event, () => stream.write(bytes, fin), 0) ?? 0;
    if (taken < bytes.length) this.shortWrites.set(stream.id, this.program.events.length);
    return taken;
  }
}

type Style = (program: End, witness: Witness) => End['onEvent'];

/** What programs do with events. None of them asks first whether there is still somebody to talk to. */
const STYLES: Readonly<Record<string, Style>> = {
  'sends back what it reads': (program, witness) => {
    const over = new Set<number>();
    return (event, stream) => {
      if (event.type === 'connected') {
        for (const oneWay of [false, true]) {
          const own = witness.call('openStream', event, () => program.open(oneWay));
          if (own !== undefined) witness.write(event, own, HELLO, oneWay);
        }
      }
      if (event.type !== 'stream-readable' || stream === undefined || over.has(stream.id)) return;
      const into = new Uint8Array(1000);
      const count = witness.call('read', event, () => stream.read(into)) ?? 0;
      if (stream.finished) over.add(stream.id);
      witness.write(event, stream, into.subarray(0, count), stream.finished);
    };
  },
  'does everything at every event': (program, witness) => {
    let wasConnected = false;
    return (event) => {
      wasConnected ||= event.type === 'connected';
      const connection = program.connection!;
      if (event.type === 'certificate')
        witness.call('certificateVerdict', event, () => connection.certificateVerdict(undefined));
      const opened = witness.call('openStream', event, () => program.open(false));
      if (connection.closeReason !== undefined && opened !== undefined)
        witness.faults.push('a stream opened');
      witness.call('openStream', event, () => program.open(true));
      // A wake that leads to the next would never end.
      witness.call('wakeAt', event, () =>
        connection.wakeAt(event.type === 'wake' ? Infinity : 3 * SECOND_US),
      );
      witness.call('statistics', event, () => connection.statistics().state);
      witness.call('pathStatistics', event, () => connection.pathStatistics().length);
      witness.call('rememberedPath', event, () => connection.rememberedPath);
      witness.call('remoteAddress', event, () => connection.remoteAddress.ip);
      if (wasConnected)
        witness.call('exportKeyingMaterial', event, () => connection.exportKeyingMaterial('x', HELLO, 8));
      for (const stream of program.streams.values()) {
        witness.call('stream', event, () => connection.stream(stream.id));
        if (hasReceivingHalf(stream, program))
          witness.call('read', event, () => stream.read(new Uint8Array(3)));
        witness.write(event, stream, HELLO, false);
        witness.call('setSource', event, () => stream.setSource(undefined));
        witness.call('tells', event, () => [stream.readableBytes, stream.finished, stream.delivered].length);
      }
    };
  },
  'gives up at every event': (program, witness) => (event) => {
    // Who opens a stream for every one that is released never comes to rest.
    if (program.streams.size < 8) witness.call('openStream', event, () => program.open(false));
    for (const stream of program.streams.values()) {
      if (hasReceivingHalf(stream, program)) witness.call('stopSending', event, () => stream.stopSending(1));
      witness.call('reset', event, () => stream.reset(1));
      witness.call('setSource', event, () => stream.setSource(undefined));
    }
  },
  'sends from sources': (program, witness) => {
    const given = new Set<number>();
    return (event, stream) => {
      const own = event.type === 'connected' ? program.open(false) : stream;
      if (own === undefined || given.has(own.id)) return;
      given.add(own.id);
      let left = 3000;
      witness.call('setSource', event, () =>
        own.setSource((room) => {
          const bytes = Math.min(left, room.length);
          left -= bytes;
          return { bytes, fin: left === 0 };
        }),
      );
    };
  },
  'closes at every event': (program, witness) => (event) => {
    witness.call('close', event, () => program.connection!.close(4, 'enough'));
    witness.call('refuse', event, () => program.connection!.refuse());
  },
};

interface Outcome {
  readonly faults: readonly string[];
  readonly seen: ReadonlySet<string>;
  readonly events: readonly QuicEvent[];
  readonly moved: number;
}

/**
 * Let the ending come after `step` datagrams.
 *
 * @param isLate - the program takes its events only then, all at once.
 */
function play(role: Role, style: Style, ending: string, step: number, isLate: boolean): Outcome {
  const stage = new Stage(role, { client: { judgeCertificates: role === 'client' } });
  const { program, peer } = stage;
  const witness = new Witness(program);
  runPeer(peer);
  const act = style(program, witness);
  program.onEvent = (event, stream) => {
    act(event, stream);
    // A server's certificate waits for its verdict, whatever the style.
    if (event.type !== 'certificate' || program.connection!.closeReason !== undefined) return;
    try {
      program.connection!.certificateVerdict(undefined);
    } catch (error) {
      if (!(error instanceof QuicUsageError)) throw error;
    }
  };
  const onMoved = (): void => {
    peer.act();
    // Somebody has to judge before a handshake can go on.
    if (!isLate || !program.has('certificate')) program.act();
  };
  stage.carry(step, onMoved);
  const { moved } = stage;
  ENDINGS[ending]!(stage);
  stage.carry(Infinity, () => peer.act());
  program.act();
  if (ending !== 'the program frees its context') {
    stage.carry(Infinity, () => peer.act());
    program.act();
    stage.passMinute(() => {
      peer.act();
      program.act();
    });
    program.act();
    checkShortWrites(witness, program);
  }
  // Handles are for ever.
  if (program.connection !== undefined) act({ type: 'wake', connection: 0 }, undefined);
  return { faults: witness.faults, seen: witness.seen, events: program.events, moved };
}

/** After a short write comes word, unless it is known already that nothing will ever be taken. */
function checkShortWrites(witness: Witness, program: End): void {
  for (const [id, at] of witness.shortWrites) {
    const isOneWay = (id & 2) !== 0 && !isOwn(id, program);
    const told = program.events.some(
      (event, index) =>
        event.type === 'closed' ||
        ('streamId' in event &&
          event.streamId === id &&
          (event.type === 'stream-stopped' || (event.type === 'stream-writable' && index >= at))),
    );
    if (!told && !isOneWay) witness.faults.push(`nothing tells that stream ${id} is to be written to again`);
  }
}

const TABLE = (['client', 'server'] as const).flatMap((role) =>
  Object.keys(ENDINGS)
    // Only servers send stateless resets, and only handshakes of clients end when nobody is there.
    .filter((ending) => role === 'client' || !['the peer has forgotten'].includes(ending))
    .map((ending) => [role, ending] as const),
);

describe('no call of a program that acts on events in order throws', () => {
  test.each(TABLE)(
    'a %s, when %s, after every datagram',
    (role, ending) => {
      const faults = new Set<string>();
      const seen = new Set<string>();
      for (const [name, style] of Object.entries(STYLES)) {
        for (const isLate of [false, true]) {
          for (let step = 0, moved = 0; step === moved && step < 24; step++) {
            const outcome = play(role, style, ending, step, isLate);
            moved = outcome.moved + 1;
            for (const fault of outcome.faults)
              faults.add(`${name}, ${isLate ? 'late, ' : ''}${step}: ${fault}`);
            for (const call of outcome.seen) seen.add(call);
            const ends = outcome.events.filter(({ type }) => type === 'closed').length;
            if (ends > 1) faults.add(`${name}, ${step}: ${ends} closed events`);
          }
        }
      }
      expect([...faults]).toEqual([]);
      // The table is no empty one: everything was called at every event, before the end and after it.
      expect(seen.size).toBeGreaterThan(40);
    },
    300_000,
  );
});

/** Connected, with a stream each way of the program's own and one of the peer's. */
function connectedStage(role: Role): Stage {
  const stage = new Stage(role);
  runPeer(stage.peer);
  const act = (): void => {
    stage.peer.act();
    stage.program.act();
  };
  stage.carry(Infinity, act);
  act();
  return stage;
}

describe.each(['client', 'server'] as const)('what a %s does wrong by itself throws', (role) => {
  const NO_MORE = () => ({ bytes: 0, fin: true });

  test.each<
    [string, string, (stream: QuicStream, oneWay: QuicStream, connection: QuicConnection) => unknown]
  >([
    ['writing after its end', 'not-writable', (stream) => [stream.write(HELLO, true), stream.write(HELLO)]],
    ['ending twice', 'not-writable', (stream) => [stream.write(HELLO, true), stream.write(HELLO, true)]],
    ['writing after its reset', 'not-writable', (stream) => [stream.reset(1), stream.write(HELLO)]],
    [
      'a source after its end',
      'not-writable',
      (stream) => [stream.write(HELLO, true), stream.setSource(NO_MORE)],
    ],
    ['reading what only it sends', 'not-readable', (_, oneWay) => oneWay.read(new Uint8Array(1))],
    ['stopping what only it sends', 'not-readable', (_, oneWay) => oneWay.stopSending(1)],
    ['reset(-1)', 'invalid-option', (stream) => stream.reset(-1)],
    ['reset(NaN)', 'invalid-option', (stream) => stream.reset(Number.NaN)],
    ['stopSending(1.5)', 'invalid-option', (stream) => stream.stopSending(1.5)],
    ['close(2^53)', 'invalid-option', (_, __, connection) => connection.close(2 ** 53)],
    ['waking at no time', 'invalid-option', (_, __, connection) => connection.wakeAt(Number.NaN)],
    [
      'a verdict on nothing',
      'no-certificate',
      (_, __, connection) => connection.certificateVerdict(undefined),
    ],
  ])('%s', (_name, code, misuse) => {
    const stage = connectedStage(role);
    const { program, peer } = stage;
    const [stream, oneWay] = [program.open(false)!, program.open(true)!];
    expect(usageCode(() => misuse(stream, oneWay, program.connection!))).toBe(code);
    // The connection is unharmed.
    const other = program.open(false)!;
    expect(other.write(HELLO, true)).toBe(HELLO.length);
    stage.carry(Infinity, () => {});
    peer.act();
    expect(peer.events.some((event) => event.type === 'stream-readable' && event.streamId === other.id)).toBe(
      true,
    );
    expect(program.connection!.closeReason).toBeUndefined();
  });

  test('taking back a source is never wrong: whether it has told its end is up to the network', () => {
    const stage = connectedStage(role);
    const stream = stage.program.open(false)!;
    stream.setSource(NO_MORE);
    stage.passMinute(() => {});
    stream.setSource(undefined);
    expect(stream.delivered).toBe(true);
  });

  test('a stream of one way that the peer opened takes nothing, and still gives what came', () => {
    const stage = connectedStage(role);
    const { program } = stage;
    const oneWay = [...program.streams.values()].find(({ id }) => (id & 2) !== 0 && !isOwn(id, program))!;
    expect(oneWay.write(HELLO, true)).toBe(0);
    oneWay.setSource(NO_MORE);
    oneWay.reset(1);
    const into = new Uint8Array(100);
    expect(into.subarray(0, oneWay.read(into))).toEqual(HELLO);
    expect(oneWay.finished).toBe(true);
  });

  test('what came before the peer closed can be read after it', () => {
    const stage = connectedStage(role);
    const { program, peer } = stage;
    peer.open(false)!.write(HELLO);
    stage.carry(Infinity, () => {});
    peer.connection!.close(7);
    stage.carry(Infinity, () => {});
    const events = eventsOf(program.context);
    expect(events.map(({ type }) => type)).toEqual(['stream-opened', 'stream-readable', 'closed']);
    const { streamId } = events[1] as Extract<QuicEvent, { type: 'stream-readable' }>;
    const stream = program.connection!.stream(streamId)!;
    stage.passMinute(() => {});
    const into = new Uint8Array(100);
    expect(stream.readableBytes).toBe(HELLO.length);
    expect(into.subarray(0, stream.read(into))).toEqual(HELLO);
    expect([stream.read(into), stream.finished]).toEqual([0, false]);
  });
});
