// Generates as many X25519 keys as a busy server does in its first minutes, with much collecting of garbage. Prints how many.
import { Group } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';

const COUNT = 20_000;
const provider = createNodeProvider();
for (let count = 0; count < COUNT; count++) provider.generateKeyShare(Group.X25519);
console.log(COUNT);
