// The relay by itself, between any client and any server.
import { parseArgs } from 'node:util';
import { readRelayOptions, RELAY_FLAGS, RELAY_USAGE } from './relay-options.ts';
import { openRelay } from './open-relay.ts';

const { values } = parseArgs({ options: RELAY_FLAGS });
if (values.help === true || values.server === undefined) {
  console.log(RELAY_USAGE);
  process.exitCode = values.help === true ? 0 : 2;
} else await relay();

async function relay(): Promise<void> {
  const { plan, captures } = readRelayOptions(values);
  const open = await openRelay(plan, captures);
  const [front] = open.fronts;
  console.log(`listening on ${front?.ip}:${front?.port}, seed ${plan.network.seed}`);
  const end = async (): Promise<void> => {
    console.log(JSON.stringify(await open.close()));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
}
