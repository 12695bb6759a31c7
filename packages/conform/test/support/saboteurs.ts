import { frame, readFrames } from '@tsquic/adversary';
import { Level } from '@tsquic/tls13';
import type { Address, BeforeSealing, QuicContextOptions, SealingPacket } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import type { Row } from '../../src/index.ts';
import { ScriptedVictim, type ScriptedOptions } from './scripted.ts';
import type { Victim } from './stage.ts';
import { OurVictim } from './victims.ts';

/** Makes an endpoint that is broken in one way, for a row to notice. */
export type Saboteur = (row: Row) => Victim;

type Datagram = { readonly bytes: Uint8Array; readonly to: Address };

/** What a row can only be tried with. */
export const NEEDS: Readonly<Record<string, Partial<QuicContextOptions>>> = {
  'quic-bit-greased': { transport: { greaseQuicBit: true } },
  'datagram-too-large': { transport: { maxDatagramFrameBytes: 100 } },
  'early-data-limits': { earlyData: true },
};

/** A context of ours as the row needs it. */
export function ours(row: Row, beforeSealing?: BeforeSealing): OurVictim {
  return new OurVictim(row.subject, {
    ...NEEDS[row.name],
    ...(beforeSealing === undefined ? {} : { beforeSealing }),
  });
}

/** Ours, but each CONNECTION_CLOSE has the code CONNECTION_REFUSED. */
export const wrongCode: Saboteur = (row) =>
  ours(row, (packet) => {
    const frames = framesOf(packet);
    if (!frames.some(({ type }) => type === FrameType.ConnectionClose)) return packet.payloadEnd;
    return replace(packet, frame(FrameType.ConnectionClose, [2, 0, 0], new Uint8Array(4)));
  });

/** Ours, but nothing is acknowledged in 1-RTT. */
export const withoutAcks: Saboteur = (row) =>
  ours(row, (packet) =>
    packet.level === Level.Application && framesOf(packet).some(({ type }) => type === FrameType.Ack)
      ? replace(packet, frame(FrameType.Ping, [], new Uint8Array(4)))
      : packet.payloadEnd,
  );

/** Completes handshakes, acknowledges, and knows no rule. */
export const lenient: Saboteur = (row) => new ScriptedVictim(row.subject);

/** The lenient one, with one more fault. */
export function scripted(options: ScriptedOptions): Saboteur {
  return (row) => new ScriptedVictim(row.subject, options);
}

/** Ours, but it says and hears nothing from the special thing on. */
export const mute: Saboteur = (row) => {
  let isMute = false;
  return wrapped(ours(row), {
    onAct: () => (isMute = true),
    incoming: () => !isMute,
    outgoing: (datagram) => (isMute ? [] : [datagram]),
  });
};

/** Ours, but it speaks another application protocol. */
export const picky: Saboteur = (row) => new OurVictim(row.subject, { alpn: ['another'] });

/** Ours, but from the special thing on it closes as soon as it hears anything. */
export const touchy: Saboteur = (row) => {
  const victim = ours(row);
  let isAngry = false;
  let isWoken = false;
  return wrapped(victim, {
    onAct: () => (isAngry = true),
    incoming: () => {
      isWoken = isAngry;
      return true;
    },
    outgoing: (datagram) => [datagram],
    before: () => {
      if (isWoken) victim.context.close(7, 'of this I will have no more');
    },
  });
};

/** Ours, but it answers every datagram with noise. */
export const chatty: Saboteur = (row) => {
  const answers: Datagram[] = [];
  const victim = wrapped(ours(row), {
    incoming: (_bytes, from) => {
      answers.push({ bytes: new Uint8Array(50).fill(0x45), to: from });
      return true;
    },
    outgoing: (datagram) => [datagram],
  });
  return { ...victim, next: (nowUs) => answers.shift() ?? victim.next(nowUs) };
};

/** Ours, but every datagram leaves so many times. */
export function repeating(times: number): Saboteur {
  return (row) =>
    wrapped(ours(row), { outgoing: (datagram) => Array.from({ length: times }, () => datagram) });
}

/** Ours, but it answers every datagram with the last one that it sent. */
export const parrot: Saboteur = (row) => {
  let last: Datagram | undefined;
  const answers: Datagram[] = [];
  const victim = wrapped(ours(row), {
    incoming: () => {
      if (last !== undefined) answers.push(last);
      return true;
    },
    outgoing: (datagram) => [(last = datagram)],
  });
  return { ...victim, next: (nowUs) => victim.next(nowUs) ?? answers.shift() };
};

/** Ours, but it does not hear datagrams that `hears` is false for. */
export function deaf(hears: (bytes: Uint8Array) => boolean): Saboteur {
  return (row) => wrapped(ours(row), { incoming: hears });
}

/** Ours, but its datagrams are changed. */
export function changing(change: (bytes: Uint8Array) => Uint8Array): Saboteur {
  return (row) => wrapped(ours(row), { outgoing: ({ bytes, to }) => [{ bytes: change(bytes), to }] });
}

interface Wrapping {
  readonly onAct?: () => void;
  /** Whether it is heard. */
  readonly incoming?: (bytes: Uint8Array, from: Address) => boolean;
  readonly outgoing?: (datagram: Datagram) => readonly Datagram[];
  readonly before?: () => void;
}

function wrapped(victim: Victim, { onAct, incoming, outgoing, before }: Wrapping): Required<Victim> {
  const waiting: Datagram[] = [];
  return {
    onAct: () => onAct?.(),
    incoming(bytes, from, nowUs) {
      if (incoming?.(bytes, from) ?? true) victim.incoming(bytes, from, nowUs);
    },
    next(nowUs) {
      before?.();
      for (let out = victim.next(nowUs); out !== undefined; out = victim.next(nowUs))
        waiting.push(...(outgoing?.(out) ?? [out]));
      return waiting.shift();
    },
    wakeAtUs: (nowUs) => victim.wakeAtUs(nowUs),
  };
}

function framesOf({ buffer, payloadAt, payloadEnd }: SealingPacket): ReturnType<typeof readFrames> {
  return readFrames(buffer, payloadAt, payloadEnd);
}

/** Frames instead of those of the packet. */
function replace({ buffer, payloadAt, payloadEnd, limit }: SealingPacket, bytes: Uint8Array): number {
  buffer.fill(0, payloadAt, payloadEnd);
  buffer.set(bytes, payloadAt);
  return Math.min(limit, Math.max(payloadEnd, payloadAt + bytes.length));
}
