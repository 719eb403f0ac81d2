import { ClawpoolError, type OperationRequest } from '@clawpool/contracts';
import type { OperationService } from '../operations/operation-service.ts';

/**
 * Asks for an operation that Clawpool itself wants. `busy`: something else is being done to the tenant, or its state has changed, and the
 * rule looks again with its next round.
 */
export async function requestQuietly(
  operations: OperationService,
  tenant: { organizationId: string; id: string },
  request: OperationRequest,
  requestedBy: string,
  onError: (error: unknown) => void,
): Promise<'requested' | 'busy' | ClawpoolError> {
  const { organizationId, id: tenantId } = tenant;
  try {
    await operations.request({ organizationId, tenantId, request, requestedBy });
    return 'requested';
  } catch (error) {
    if (!(error instanceof ClawpoolError)) {
      onError(error);
      return 'busy';
    }
    return error.code === 'conflict' || error.code === 'not_found' ? 'busy' : error;
  }
}
