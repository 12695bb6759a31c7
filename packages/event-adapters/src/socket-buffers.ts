/** Bytes of the system's buffers of a socket, each way: its defaults lose datagrams at high rates. */
export const SOCKET_BUFFER_BYTES: number = 4 * 1024 * 1024;
