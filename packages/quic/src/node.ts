export { createDuplex } from './duplex.ts';
