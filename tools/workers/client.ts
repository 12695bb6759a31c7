/** A client process of main.ts: reads its task as JSON from the arguments, prints its result as JSON. */
import { connect, type QuicConnection } from 'tsquic';

interface Task {
  readonly kind: 'moves' | 'handshakes' | 'restart';
  readonly port: number;
  readonly ca: string;
  /** moves: clients. handshakes, restart: milliseconds. */
  readonly amount: number;
  readonly together: number;
}

const task = JSON.parse(process.argv[2]!) as Task;
const { port, ca, amount, together } = task;
const TASKS = { moves: move, handshakes: shakeHands, restart: stay };
console.log(JSON.stringify(await TASKS[task.kind]()));

/** Clients that change their port twice: how many stayed with their worker. */
async function move(): Promise<object> {
  let begun = 0;
  let stayed = 0;
  const failures: string[] = [];
  await repeat(async () => {
    if (begun++ >= amount) return false;
    const connection = await dial();
    try {
      const before = await ask(connection);
      const after: string[] = [];
      for (let count = 0; count < 2; count++) {
        await connection.rebind({ atOnce: true });
        after.push(await ask(connection));
      }
      if (after.every((worker) => worker === before)) stayed++;
      else failures.push(`${before}: ${after.join()}`);
    } catch (error) {
      failures.push(String(error));
    }
    await connection.close();
    return true;
  });
  return { clients: amount, stayed, failures: failures.slice(0, 3) };
}

/** Handshakes, one after the other, for some time. */
async function shakeHands(): Promise<object> {
  const untilMs = performance.now() + amount;
  let made = 0;
  let failed = 0;
  await repeat(async () => {
    const connection = await dial().catch(() => undefined);
    if (connection === undefined) failed++;
    else if (performance.now() < untilMs) made++;
    await connection?.close();
    return performance.now() < untilMs;
  });
  return { made, failed };
}

/** Connections that go on asking, and new ones all the time, until the given time: what was lost, what was refused. */
async function stay(): Promise<object> {
  const untilMs = performance.now() + amount;
  const held = await Promise.all(Array.from({ length: together }, dial));
  const workers = await Promise.all(held.map(ask));
  const lost: Record<string, number> = {};
  let lostAny = 0;
  let made = 0;
  const refused: string[] = [];
  console.error('ready');
  const staying = held.map(async (connection, at) => {
    try {
      while (performance.now() < untilMs) {
        if ((await ask(connection)) !== workers[at]) throw new Error('another worker');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } catch {
      lost[workers[at]!] = (lost[workers[at]!] ?? 0) + 1;
      lostAny++;
    }
    await connection.close();
  });
  await repeat(async () => {
    try {
      const connection = await dial();
      await ask(connection);
      await connection.close();
      made++;
    } catch (error) {
      refused.push(String(error));
    }
    return performance.now() < untilMs;
  });
  await Promise.all(staying);
  const heldBy: Record<string, number> = {};
  for (const worker of workers) heldBy[worker] = (heldBy[worker] ?? 0) + 1;
  return { heldBy, lostAny, lost, made, refused: refused.length, reasons: refused.slice(0, 3) };
}

function dial(): Promise<QuicConnection> {
  return connect({
    host: '127.0.0.1',
    port,
    ca,
    ALPNProtocols: ['workers'],
    transport: { handshakeTimeoutMs: 60_000 },
  });
}

/** The number of the worker. */
async function ask(connection: QuicConnection): Promise<string> {
  const { readable, writable } = await connection.openStream();
  await writable.getWriter().close();
  return (await new Response(readable).text()).split(' ')[0]!;
}

async function repeat(step: () => Promise<boolean>): Promise<void> {
  const lane = async (): Promise<void> => {
    while (await step());
  };
  await Promise.all(Array.from({ length: task.kind === 'restart' ? 2 : together }, lane));
}
