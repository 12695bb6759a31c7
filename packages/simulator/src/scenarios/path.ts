import type { Scenario } from '../scenario.ts';
import { ceilingOf, transferUs } from './model.ts';
import { DSL, DSL_MODEL, MEGABYTE, MEGABYTE_US, MS, S } from './setting.ts';

/** Paths with limits, and paths that change. */
export const PATHS: readonly Scenario[] = [
  {
    name: 'mtu-1280',
    about: 'a path that carries 1280 bytes',
    link: { ...DSL, mtuBytes: 1280 },
    client: { maxUdpPayloadBytes: 1500 },
    server: { maxUdpPayloadBytes: 1500 },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'mtu-1200',
    about: 'a path that carries no more than it must',
    link: { ...DSL, mtuBytes: 1200 },
    client: { maxUdpPayloadBytes: 1200 },
    server: { maxUdpPayloadBytes: 1200 },
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US),
  },
  {
    name: 'varying-rate',
    about: 'between 10 and 1 Mbit/s, every 500 ms',
    link: {
      ...DSL,
      bytesPerSecond: {
        steps: [
          { atUs: 0, bytesPerSecond: 1_250_000 },
          { atUs: 500 * MS, bytesPerSecond: 125_000 },
        ],
        periodUs: S,
      },
    },
    exchanges: MEGABYTE,
    // By 500 ms 400 KB have arrived, by a second 60 KB more, and the rest takes 475 ms.
    ceilingUs: ceilingOf(1500 * MS),
  },
  {
    name: 'handover',
    about: 'nothing is carried for 300 ms, then ten times the rate',
    link: {
      ...DSL,
      bytesPerSecond: {
        steps: [
          { atUs: 0, bytesPerSecond: 250_000 },
          { atUs: 600 * MS, bytesPerSecond: 0 },
          { atUs: 900 * MS, bytesPerSecond: 2_500_000 },
        ],
      },
    },
    exchanges: MEGABYTE,
    // 120 KB by 600 ms; the rest takes 370 ms at the new rate, and a probe after the pause may be as far away
    // as the pause lasted.
    ceilingUs: ceilingOf(1570 * MS),
  },
  {
    name: 'nat-port',
    about:
      'the NAT changes the port of the client, every 300 ms; only keep-alives tell the server while it downloads',
    link: DSL,
    client: { keepAliveMs: 100 },
    nat: {
      bindings: [0, 300, 600, 900].map((ms, i) => ({
        atUs: ms * MS,
        address: { ip: '192.0.2.1', port: 7000 + i },
      })),
    },
    exchanges: [{ requestBytes: 200_000, responseBytes: 1_000_000 }],
    // After each of three changes, the server's packets are lost until a keep-alive comes: 100 ms, and a
    // round trip to send them again.
    ceilingUs: ceilingOf(
      3 * DSL_MODEL.rttUs + transferUs(200_000, DSL_MODEL) + transferUs(1_000_000, DSL_MODEL) + 450 * MS,
    ),
  },
  {
    name: 'nat-address',
    about: 'the NAT changes the address of the client while it downloads',
    link: DSL,
    client: { keepAliveMs: 100 },
    nat: {
      bindings: [
        { atUs: 0, address: { ip: '192.0.2.1', port: 7000 } },
        { atUs: 500 * MS, address: { ip: '198.51.100.1', port: 7000 } },
      ],
    },
    exchanges: MEGABYTE,
    // Up to 100 ms of lost packets, a round trip to validate the path, and slow start again.
    ceilingUs: ceilingOf(MEGABYTE_US + 300 * MS),
  },
  {
    name: 'nat-idle',
    about: 'the NAT changes the port while the connection rests',
    link: DSL,
    nat: {
      bindings: [
        { atUs: 0, address: { ip: '192.0.2.1', port: 7000 } },
        { atUs: S, address: { ip: '192.0.2.1', port: 7001 } },
      ],
    },
    pauseUs: 2 * S,
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US) + 2 * S,
  },
  {
    name: 'nat-expiry',
    about:
      'the NAT forgets a connection that rests for a minute: the request afterwards comes from another port',
    link: DSL,
    client: { idleTimeoutMs: 120_000 },
    server: { idleTimeoutMs: 120_000 },
    nat: { bindings: [{ atUs: 0, address: { ip: '192.0.2.1', port: 7000 } }], idleUs: 30 * S },
    pauseUs: 60 * S,
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US) + 60 * S,
  },
  {
    name: 'nat-expiry-kept',
    about:
      'signs of life, asked for less often than the server forgets a client, keep the binding of a NAT as well',
    link: DSL,
    client: { keepAliveMs: 300_000 },
    server: { idleTimeoutMs: 20_000 },
    nat: { bindings: [{ atUs: 0, address: { ip: '192.0.2.1', port: 7000 } }], idleUs: 15 * S },
    pauseUs: 600 * S,
    exchanges: MEGABYTE,
    ceilingUs: ceilingOf(MEGABYTE_US) + 600 * S,
  },
  {
    name: 'handover-address',
    about: 'in the middle of a download another network: other address, five times the delay, and back again',
    link: {
      ...DSL,
      delayUs: {
        steps: [
          { atUs: 0, delayUs: 20 * MS },
          { atUs: 600 * MS, delayUs: 100 * MS },
          { atUs: 1200 * MS, delayUs: 20 * MS },
        ],
      },
    },
    client: { keepAliveMs: 100 },
    nat: {
      bindings: [
        { atUs: 0, address: { ip: '192.0.2.1', port: 7000 } },
        { atUs: 600 * MS, address: { ip: '198.51.100.1', port: 7000 } },
        { atUs: 1200 * MS, address: { ip: '192.0.2.1', port: 7001 } },
      ],
    },
    exchanges: MEGABYTE,
    // 520 KB by 600 ms; 100 ms of lost packets, a round trip to validate, and 36 KB in two round trips of 200
    // ms; from 1200 ms on the same again, with round trips of 40 ms, for the rest.
    ceilingUs: ceilingOf(1730 * MS),
  },
  {
    name: 'asymmetric',
    about: '20 Mbit/s down, 200 kbit/s up',
    link: { delayUs: 20 * MS },
    down: { bytesPerSecond: 2_500_000 },
    up: { bytesPerSecond: 25_000 },
    exchanges: MEGABYTE,
    // The download takes 506 ms of its link; three padded datagrams of the handshake take 50 ms each on the
    // other link, and its ACKs queue.
    ceilingUs: ceilingOf(800 * MS),
  },
  {
    name: 'satellite-5',
    about: '5 MB at 50 Mbit/s with a round-trip time of 600 ms',
    link: { delayUs: 300 * MS, bytesPerSecond: 6_250_000, queueBytes: 4_000_000 },
    exchanges: [{ requestBytes: 100, responseBytes: 5_000_000 }],
    // Two round trips, three in which the start of a long path measures its rate, and the transfer.
    ceilingUs: ceilingOf(5 * 600 * MS + (5_000_000 * 1.053) / 6.25, 1.2),
  },
];
