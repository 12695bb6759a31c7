// Accepts everything and answers nothing, until it is killed. Arguments: certificate and key as PEM texts.
import { listen } from 'tsquic';

const [cert = '', key = ''] = process.argv.slice(2);
const listener = await listen({ host: '127.0.0.1', cert, key, ALPNProtocols: ['test'] });
process.stdout.write(`${listener.address.port}`);
