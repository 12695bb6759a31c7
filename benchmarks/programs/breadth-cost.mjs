// Moves the same bytes between two contexts in memory over more or fewer connections, which take turns, and tells what a byte
// costs. Arguments: PROTECTION CONNECTIONS ROUNDS, where PROTECTION is `none` or the name of an AEAD.
import { MemoryLink } from './memory-link.mjs';

const [protection, connections, rounds] = process.argv.slice(2);
const PACKET_BYTES = 1350;
/** Trains of 64 KiB in a round, at least one for each connection. */
const TURNS = 2000;
/** Trains of each connection before that: windows grow, and the code is compiled. */
const WARM_UP = 6;

const link = await MemoryLink.open({
  protection,
  packetBytes: PACKET_BYTES,
  connections: Number(connections),
});
const rest = () => {};
for (let turn = 0; turn < Math.max(TURNS, WARM_UP * Number(connections)); turn++) link.turn(rest);

const nsPerPacket = [];
for (let round = 0; round < Number(rounds); round++) {
  const begun = process.cpuUsage();
  let packets = 0;
  for (let turn = 0; turn < TURNS; turn++) packets += link.turn(rest);
  const { user, system } = process.cpuUsage(begun);
  nsPerPacket.push(((user + system) * 1000) / packets);
}
console.log(JSON.stringify({ nsPerPacket }));
