import { runScenario, type Scenario } from '@tsquic/simulator';
import { createSurroundings } from './surroundings.ts';
const [, , cc = 'cubic', kind = 'plain', trace = ''] = process.argv;
const w = {
  connectionWindowBytes: 64 << 20,
  maxConnectionWindowBytes: 64 << 20,
  streamWindowBytes: 64 << 20,
  maxStreamWindowBytes: 64 << 20,
};
const loss =
  kind === 'loss'
    ? { loss: { kind: 'periodic', period: 64, length: 1, first: 28 } as const }
    : kind === 'bursts'
      ? { loss: { kind: 'periodic', period: 30_000, length: 10, first: 20_000 } as const }
      : kind === 'random'
        ? { loss: { kind: 'random', rate: 0.01 } as const }
        : {};
const jitter =
  kind === 'jitter' ? { jitter: { kind: 'normal', meanUs: 3000, deviationUs: 3000 } as const } : {};
const down = kind === 'down';
const fast = { bytesPerSecond: 31_250_000, queueBytes: kind === 'shallow' ? 3_000_000 : 18_750_000, ...loss };
const slow = { bytesPerSecond: 375_000, queueBytes: 225_000, ...(kind === 'loss' ? loss : {}) };
const s: Scenario = {
  name: 'zz',
  about: '',
  link: { delayUs: 300_000, ...jitter },
  up: down ? slow : fast,
  down: down ? fast : slow,
  ...(kind === 'auto' ? {} : { server: w, client: w }),
  congestion: cc,
  ceilingUs: 45_000_000,
  exchanges: [
    down
      ? { requestBytes: 100, responseBytes: 100_000_000 }
      : { requestBytes: 100_000_000, responseBytes: -1 },
  ],
};
const t0 = process.cpuUsage();
let last = -1e9;
const obs: any = { onAct() {}, onTick() {} };
const su = createSurroundings('node');
const lines: string[] = [];
const mk = su.congestion![cc]!;
const spy: any = (o: any) => {
  const c: any = mk(o);
  const orig = c.onAck.bind(c);
  let l = -1e9;
  let lostSum = 0;
  const oc = c.onCongestion.bind(c);
  c.onCongestion = (e: any) => {
    lostSum += e.lostBytes;
    oc(e);
  };
  c.onAck = (x: any) => {
    orig(x);
    if (trace && x.nowUs - l > Number(trace) * 1000) {
      l = x.nowUs;
      lines.push(
        `${(x.nowUs / 1e6).toFixed(3)} w=${(c.windowBytes / 1e6).toFixed(2)}M fl=${(x.inFlightBytes / 1e6).toFixed(2)}M rate=${(c.pacingRate / 1e6).toFixed(1)}M/s ss=${c.inSlowStart} rtt=${(x.latestRttUs / 1000).toFixed(0)} acked=${(x.deliveredTotalBytes / 1e6).toFixed(1)}M lost=${(lostSum / 1e6).toFixed(2)}M app=${x.appLimited} st=${c.state ?? ''} bw=${(c.bandwidth ?? 0).toFixed(1)} vol=${((c.volume?.inFlightBytes ?? 0) / 1e6).toFixed(1)} sti=${((c.shortTerm?.inFlightBytes ?? 0) / 1e6).toFixed(1)} stb=${(c.shortTerm?.bandwidth ?? 0).toFixed(1)} rec=${c.inRecovery ?? ''} `,
      );
    }
  };
  return c;
};
const r = runScenario(s, { ...su, congestion: { ...su.congestion, [cc]: spy }, seed: 1 });
for (const l of lines) console.log(l);
const cpu = process.cpuUsage(t0);
const snd = down ? r.server : r.client;
console.log(
  cc,
  kind,
  'took',
  (r.tookUs / 1e6).toFixed(3),
  r.faults[0]?.slice(0, 100) ?? 'ok',
  'sent',
  snd?.packetsSent,
  'lost',
  snd?.packetsLost,
  'spur',
  snd?.packetsSpuriouslyLost,
  'ptos',
  snd?.probeTimeouts,
  'cpu',
  ((cpu.user + cpu.system) / 1e6).toFixed(1),
);
for (const l of r.pair.world.links)
  console.log('  ', l.name, 'entered', l.counters.entered, 'lost', l.counters.lost, 'qdrop', l.queue.dropped);
