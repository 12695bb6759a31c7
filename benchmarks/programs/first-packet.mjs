// Connects to a port of loopback where nobody answers: a benchmark waits for the first datagram. Argument: PORT.
import { connect } from 'tsquic';

await connect({ host: '127.0.0.1', port: Number(process.argv[2]), ALPNProtocols: ['startup'] });
