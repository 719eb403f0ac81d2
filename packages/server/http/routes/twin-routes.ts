import { twinRoutes } from '@clawpool/contracts';
import type { FastifyRequest } from 'fastify';
import type { TwinService } from '../../twins/twin-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface TwinRoutesOptions {
  twins: TwinService;
  /** Where the installation answers for the world; absent: as whoever asks has addressed it. */
  publicUrl?: string;
}

export function registerTwinRoutes(app: HttpApp, { twins, publicUrl }: TwinRoutesOptions): void {
  const baseUrl = ({ protocol, host }: FastifyRequest) => publicUrl ?? `${protocol}://${host}`;
  registerRoutes(app, twinRoutes, {
    myTwin: ({ principal, raw }) => twins.mine(principal, baseUrl(raw)),
    putMyTwin: ({ principal, body, raw }) => twins.put(principal, body, baseUrl(raw)),
    twinPage: ({ params, raw }) => twins.page(params.token, raw.ip),
    twinSend: ({ params, body: { visitor, ...message }, raw }) =>
      twins.send(params.token, { visitor, address: raw.ip }, message),
    twinEvents: ({ params, query, raw }, stream) =>
      twins.events(params.token, { visitor: query.visitor, address: raw.ip }, stream),
  });
}
