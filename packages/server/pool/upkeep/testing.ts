import { randomUUID } from 'node:crypto';
import { ClawpoolError, type Operation } from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import { operations } from '../../store/schema/index.ts';
import type { OperationService, RequestedOperation } from '../operations/operation-service.ts';

/** Notes what is asked for, for tests of the rules that ask. */
export interface RecordedOperations extends OperationService {
  requests: RequestedOperation[];
  abandoned: { operationId: string; reason: string }[];
  /** `stop ann` by `timetable`, for example. */
  asked(): string[];
  /** From now on requests are refused with this code; null: accepted again. */
  refuseWith(code: ClawpoolError['code'] | null): void;
}

export function recordOperations(): RecordedOperations {
  const requests: RequestedOperation[] = [];
  const abandoned: RecordedOperations['abandoned'] = [];
  let refusal: ClawpoolError['code'] | null = null;
  const unused = () => {
    throw new Error('no rule asks for this');
  };
  return {
    requests,
    abandoned,
    asked: () => requests.map(({ request, tenantId, requestedBy }) => `${request.kind} ${tenantId} by ${requestedBy}`),
    refuseWith: (code) => {
      refusal = code;
    },
    request: async (input) => {
      if (refusal) throw new ClawpoolError(refusal, `refused: ${refusal}`);
      requests.push(input);
      return {} as Operation;
    },
    abandon: async (operationId, { reason }) => {
      abandoned.push({ operationId, reason });
      return true;
    },
    ...{ create: unused, find: unused, list: unused, cancel: unused, close: async () => {} },
  };
}

/** An open operation of a tenant, as one that is under way. */
export async function insertOpenOperation(
  { db }: Database,
  tenantId: string,
  values: Partial<typeof operations.$inferInsert> = {},
): Promise<string> {
  const id = randomUUID();
  await db.insert(operations).values({
    ...{ organizationId: 'org', id, tenantId, kind: 'stop', state: 'running', request: { kind: 'stop' } },
    ...{ requestedBy: 'somebody', deadlineAt: new Date(Date.now() + 60_000), ...values },
  });
  return id;
}
