// Congestion control of one's own, checked, and compared with CUBIC on a simulated line of 10 Mbit/s and 40 ms.
//   node -C tsquic-src --import ./tools/ts.mjs examples/custom-congestion-controller.ts
import {
  checkController,
  controllerByName,
  initialWindow,
  minimumWindow,
  type AckSample,
  type CongestionController,
  type CongestionEvent,
  type CongestionFactory,
} from '@tsquic/congestion';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair } from '@tsquic/simulator';

/** One packet more each round trip, an eighth less on loss: careful, and hard to discourage. */
class Stubborn implements CongestionController {
  readonly name = 'stubborn';
  readonly ecnCodepoint = 0;
  readonly inSlowStart = false;
  readonly pacingRate = 0;
  windowBytes: number;
  private mtuBytes: number;
  private ackedBytes = 0;
  private reducedUs = -1;

  constructor({ mtuBytes }: { readonly mtuBytes: number }) {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
  }

  onSent(): void {}

  onAck({ ackedBytes, windowUnused, newestSentUs }: AckSample): void {
    // A window that was not full has not been tested (RFC 9002 §7.8); what left before the reduction says nothing of it.
    if (windowUnused || newestSentUs <= this.reducedUs) return;
    this.ackedBytes += ackedBytes;
    if (this.ackedBytes < this.windowBytes) return;
    this.ackedBytes -= this.windowBytes;
    this.windowBytes += this.mtuBytes;
  }

  onCongestion({ sentUs, nowUs }: CongestionEvent): void {
    // Losses of one round trip are one event.
    if (sentUs <= this.reducedUs) return;
    this.reducedUs = nowUs;
    this.windowBytes = Math.max(Math.floor((this.windowBytes * 7) / 8), minimumWindow(this.mtuBytes));
  }

  onPersistentCongestion(): void {
    this.windowBytes = minimumWindow(this.mtuBytes);
  }

  onSpuriousLoss(): void {}

  reset(_nowUs: number, mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = initialWindow(mtuBytes);
    this.ackedBytes = 0;
    this.reducedUs = -1;
  }

  setMtu(mtuBytes: number): void {
    this.mtuBytes = mtuBytes;
    this.windowBytes = Math.max(this.windowBytes, minimumWindow(mtuBytes));
  }
}

function measure(congestion: CongestionFactory): string {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    link: { delayUs: 20_000, bytesPerSecond: 1_250_000, queueBytes: 30_000 },
    client: { congestion },
  });
  const { id } = pair.client.sendPattern(5_000_000);
  if (!pair.run(() => pair.server.received(id).finished, 60_000_000)) throw new Error('it did not arrive');
  const { packetsLost } = pair.client.connection.statistics();
  return `5 MB in ${(pair.world.nowUs / 1e6).toFixed(2)} s, ${packetsLost} packets lost`;
}

const create: CongestionFactory = (options) => new Stubborn(options);
const kinds = [
  'ack',
  'lose',
  'ack',
  'mark',
  'limited-ack',
  'spurious',
  'idle',
  'persistent',
  'mtu',
  'reset',
] as const;
const steps = Array.from({ length: 1000 }, (_, index) => {
  return {
    kind: kinds[(index * 7) % kinds.length]!,
    amount: ((index * 31) % 100) / 100,
    elapsedUs: (index * 997) % 60_000,
  };
});
console.log(`faults: ${JSON.stringify(checkController(create, steps))}`);
console.log(`stubborn: ${measure(create)}`);
console.log(`cubic:    ${measure(controllerByName('cubic'))}`);
