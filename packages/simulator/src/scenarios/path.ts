import type { Scenario } from '../scenario.ts';
import { DSL, MEGABYTE, MS, S } from './setting.ts';

/** Paths with limits, or that change. */
export const PATHS: readonly Scenario[] = [
  {
    name: 'mtu-1280',
    about: 'a path that carries 1280 bytes',
    link: { ...DSL, mtuBytes: 1280 },
    client: { maxUdpPayloadBytes: 1500 },
    server: { maxUdpPayloadBytes: 1500 },
    exchanges: MEGABYTE,
    ceilingUs: 2 * S,
  },
  {
    name: 'mtu-1200',
    about: 'a path that carries no more than it must',
    link: { ...DSL, mtuBytes: 1200 },
    client: { maxUdpPayloadBytes: 1200 },
    server: { maxUdpPayloadBytes: 1200 },
    exchanges: MEGABYTE,
    ceilingUs: 1500 * MS,
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
    ceilingUs: 4 * S,
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
    ceilingUs: 4 * S,
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
    ceilingUs: 5 * S,
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
    ceilingUs: 5 * S,
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
    ceilingUs: 4 * S,
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
    ceilingUs: 62 * S,
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
    ceilingUs: 602 * S,
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
    ceilingUs: 5 * S,
  },
  {
    name: 'asymmetric',
    about: '20 Mbit/s down, 200 kbit/s up',
    link: { delayUs: 20 * MS },
    down: { bytesPerSecond: 2_500_000 },
    up: { bytesPerSecond: 25_000 },
    exchanges: MEGABYTE,
    ceilingUs: 2500 * MS,
  },
  {
    name: 'satellite-5',
    about: '5 MB at 50 Mbit/s with a round-trip time of 600 ms',
    link: { delayUs: 300 * MS, bytesPerSecond: 6_250_000, queueBytes: 4_000_000 },
    exchanges: [{ requestBytes: 100, responseBytes: 5_000_000 }],
    ceilingUs: 9 * S,
  },
];
