import type { Address } from '@tsquic/quic-core';
import type { Datagram } from './datagram.ts';
import type { Observer } from './observer.ts';
import { type Random, randomBytes } from './random.ts';
import type { World } from './world.ts';

/**
 * An attacker on the path that sees every datagram but cannot hold any back. Each datagram causes the attack
 * with probability `chance`; the forgery arrives `delayUs` after the original was sent, without passing a
 * link.
 */
export type Attack = (
  | { /** The datagram again, unchanged. */ readonly kind: 'replay' }
  | {
      /** The datagram again, from another address: RFC 9000 §9.3. */ readonly kind: 'spoof';
      readonly address: Address;
    }
  | { /** One bit is changed. */ readonly kind: 'flip' }
  | { /** The datagram, truncated. */ readonly kind: 'truncate' }
  | { /** The first bytes, then noise. */ readonly kind: 'noise' }
  | { /** The datagram and another one after it. */ readonly kind: 'splice' }
  | {
      /** In answer to a long header: Version Negotiation that offers version 1 (RFC 9000 §6.2). */ readonly kind: 'version-negotiation';
    }
  | { /** In answer to a long header: a Retry whose tag is noise (RFC 9001 §5.8). */ readonly kind: 'retry' }
  | { /** Random bytes that could be a stateless reset (RFC 9000 §10.3). */ readonly kind: 'reset' }
) & { readonly chance: number; readonly delayUs: number };

/** Adds an attacker to a world. None of these attacks may end or corrupt a connection. */
export function createAdversary(world: World, attacks: readonly Attack[]): Observer {
  const random = world.random.fork('adversary');
  let previous: Uint8Array = new Uint8Array(0);
  return {
    onSend(_host, datagram, nowUs) {
      for (const attack of attacks) {
        if (!random.chance(attack.chance)) continue;
        const forged = forge(attack, datagram, previous, random);
        if (forged !== undefined) world.at(nowUs + attack.delayUs, () => world.inject(forged));
      }
      previous = datagram.bytes;
    },
  };
}

function forge(
  attack: Attack,
  datagram: Datagram,
  previous: Uint8Array,
  random: Random,
): Datagram | undefined {
  const { bytes } = datagram;
  const copy = bytes.slice();
  switch (attack.kind) {
    case 'replay':
      return datagram;
    case 'spoof':
      return { ...datagram, from: attack.address };
    case 'flip': {
      const at = random.integer(copy.length);
      copy[at] = copy[at]! ^ (1 << random.integer(8));
      return { ...datagram, bytes: copy };
    }
    case 'truncate':
      return { ...datagram, bytes: bytes.slice(0, random.integer(bytes.length)) };
    case 'noise':
      random.fillBytes(copy.subarray(random.integer(Math.min(40, copy.length))));
      return { ...datagram, bytes: copy };
    case 'splice':
      return { ...datagram, bytes: splice(bytes, previous) };
    case 'version-negotiation':
      return answer(datagram, (ids) => new Uint8Array([0xcf, 0, 0, 0, 0, ...ids, 0, 0, 0, 1]));
    case 'retry':
      return answer(
        datagram,
        (ids) => new Uint8Array([0xf0, 0, 0, 0, 1, ...ids, ...randomBytes(40, random)]),
      );
    case 'reset': {
      const reset = randomBytes(43, random);
      reset[0] = 0x40 | (reset[0]! & 0x3f);
      return { ...datagram, from: datagram.to, to: datagram.from, bytes: reset };
    }
  }
}

/**
 * A packet in answer to a long header, with the connection IDs exchanged as the other side would (RFC 8999
 * §5.1).
 */
function answer(datagram: Datagram, write: (ids: readonly number[]) => Uint8Array): Datagram | undefined {
  const { bytes, from, to } = datagram;
  if ((bytes[0]! & 0x80) === 0) return undefined;
  const dcidEnd = 6 + bytes[5]!;
  const scidEnd = dcidEnd + 1 + (bytes[dcidEnd] ?? 0);
  const ids = [...bytes.subarray(dcidEnd, scidEnd), ...bytes.subarray(5, dcidEnd)];
  return { ...datagram, from: to, to: from, bytes: write(ids) };
}

function splice(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
