import type { Scenario } from '../scenario.ts';
import { ceilingOf } from './model.ts';
import { DSL, MEGABYTE, SMALL, MS, S } from './setting.ts';

/** Hosts that are slow, silent, or suspended. */
export const HOSTS: readonly Scenario[] = [
  {
    name: 'slow-client',
    about: 'a client that takes 1 ms for each datagram, with room for 50',
    link: { ...DSL, bytesPerSecond: 12_500_000 },
    clientCpu: { receiveUs: 1000, sendUs: 200, inputDatagrams: 50 },
    exchanges: MEGABYTE,
    // 858 datagrams of 1 ms, half as many ACKs of 0.2 ms, two round trips, and three of slow start.
    ceilingUs: ceilingOf(1200 * MS),
  },
  {
    name: 'slow-server',
    about: 'a server that takes 500 µs to send each datagram',
    link: { ...DSL, bytesPerSecond: 12_500_000 },
    serverCpu: { receiveUs: 200, sendUs: 500, inputDatagrams: 100 },
    exchanges: MEGABYTE,
    // 858 datagrams of 0.5 ms and half as many ACKs of 0.2 ms, and two round trips.
    ceilingUs: ceilingOf(615 * MS),
  },
  {
    name: 'idle',
    about: 'silence ends the connection after its idle timeout of 5 s',
    client: { idleTimeoutMs: 5000 },
    exchanges: [],
    ends: 'idle-timeout',
    ceilingUs: 5150 * MS,
  },
  {
    name: 'keep-alive',
    about: 'a keep-alive holds a connection through 60 s of silence, against idle timeouts of 5 s',
    client: { idleTimeoutMs: 5000, keepAliveMs: 2000 },
    server: { idleTimeoutMs: 5000 },
    pauseUs: 60 * S,
    exchanges: SMALL,
    ceilingUs: 60_100 * MS,
  },
];
