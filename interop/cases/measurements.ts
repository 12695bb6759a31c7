import { type Case, DEFAULTS } from './case.ts';
import { RUNNER_SUITE } from './runner.ts';

const MIB = 1024 * 1024;
const transfer = RUNNER_SUITE.find(({ name }) => name === 'transfer')!;

const goodput: Case = {
  ...DEFAULTS,
  name: 'goodput',
  letter: 'G',
  about: '10 MiB',
  judgedAs: transfer.name,
  files: [{ name: '10m.bin', bytes: 10 * MIB }],
  network: transfer.network,
  timeoutMs: 60_000,
  isMeasured: true,
  judge: transfer.judge,
};

/** The measurements of quic-interop-runner: kbit/s from the first to the last 1-RTT packet of the server, seen at the client. */
export const MEASUREMENTS: readonly Case[] = [
  goodput,
  {
    ...goodput,
    name: 'crosstraffic',
    letter: 'C',
    about: '25 MiB beside a transfer of ours with CUBIC',
    files: [{ name: '25m.bin', bytes: 25 * MIB }],
    timeoutMs: 180_000,
    crossTraffic: true,
  },
];
