import { setTimeout as sleep } from 'node:timers/promises';
import { ClawpoolError } from '@clawpool/contracts';
import type { FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../store/database.ts';
import type { HttpApp } from './app.ts';

export interface HttpMetrics {
  registry: Registry;
  observe(method: string, route: string, status: number, seconds: number): void;
}

export function createMetrics(openStreams: ReadonlySet<unknown>, database: Database): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'clawpool_http_request_duration_seconds',
    help: 'Time from a request’s arrival to the end of its answer, event streams left out',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'clawpool_http_event_streams',
    help: 'Event streams that are open now',
    registers: [registry],
    collect() {
      this.set(openStreams.size);
    },
  });
  new Gauge({
    name: 'clawpool_database_connections',
    help: 'Connections of the database pool',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, database.pool.idleCount);
      this.set({ state: 'busy' }, database.pool.totalCount - database.pool.idleCount);
      this.set({ state: 'awaited' }, database.pool.waitingCount);
    },
  });
  return {
    registry,
    observe: (method, route, status, seconds) => duration.observe({ method, route, status }, seconds),
  };
}

/** `/healthz`: the process answers. `/readyz`: it can do its work. `/metrics`: for Prometheus, and nobody else's business. */
export function registerMonitoring(app: HttpApp, database: Database, isDraining: () => boolean): void {
  const { fastify } = app;
  fastify.get('/healthz', { logLevel: 'silent' }, () => ({ status: 'ok' }));

  fastify.get('/readyz', { logLevel: 'silent' }, async (_request, reply) => {
    const state = isDraining() ? 'draining' : (await databaseAnswers(database)) ? 'ready' : 'database_unreachable';
    return reply.code(state === 'ready' ? 200 : 503).send({ status: state });
  });

  fastify.get('/metrics', { logLevel: 'silent' }, async (request, reply) => {
    if (!isLocal(request) && !app.authentication.hasOperatorToken(request)) {
      throw new ClawpoolError(
        'not_signed_in',
        'Metrics are for this machine and for those who have the operator token.',
        'Send the content of operator.token in the data folder as bearer token.',
      );
    }
    return reply.type(app.metrics.contentType).send(await app.metrics.metrics());
  });
}

async function databaseAnswers({ pool }: Database): Promise<boolean> {
  const answer = pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answer, sleep(2_000, false, { ref: false })]);
}

/** From this machine and not passed on by a proxy, which would make everybody look local. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].some(
    (name) => headers[name] !== undefined,
  );
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
}
