import { ClawpoolError, type DirectoryMapping, type DirectorySettings, type Role } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { lockOrganization, refuseUnknownPlace, tellPeopleChanged } from '../../organization/people/people-store.ts';
import { provisionAgents } from '../../organization/people/provisioning.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { requirePolicy } from '../permission.ts';
import { applyMappings } from './apply-mappings.ts';
import { listMappedBy, listMappings, saveMapping } from './mapping-store.ts';
import { findSettings, saveSettings } from './settings-store.ts';

/** What titles and groups become, and how SCIM clients are answered. Error of every change: `not_allowed` without the permission `policy`. */
export interface DirectoryMappingService {
  list(principal: Principal): Promise<DirectoryMapping[]>;
  /** Errors: `invalid_request` (no such position; a title with a role), `conflict` (the last admin), `quota_exceeded`. */
  save(
    principal: Principal,
    mapping: { kind: 'title' | 'group'; name: string; positionId: string | null; role: Role | null },
  ): Promise<{ changed: number }>;
  settings(principal: Principal): Promise<DirectorySettings>;
  saveSettings(principal: Principal, settings: DirectorySettings): Promise<DirectorySettings>;
}

export function createDirectoryMappingService({ db }: Database): DirectoryMappingService {
  const actorOf = ({ userId, name }: Principal) => ({ type: 'person' as const, id: userId, name });
  return {
    list: ({ organizationId }) => listMappings(db, organizationId),

    save: async (principal, mapping) => {
      requirePolicy(principal);
      return transact(db, async (tx) => {
        const { organizationId } = principal;
        if (mapping.kind === 'title' && mapping.role !== null) {
          throw new ClawpoolError(
            'invalid_request',
            'A title gives a position and no role.',
            'Use a group for a role.',
          );
        }
        await lockOrganization(tx, organizationId);
        await refuseUnknownPlace(tx, organizationId, { positionId: mapping.positionId });
        await saveMapping(tx, organizationId, mapping);
        await recordAudit(tx, organizationId, {
          actor: actorOf(principal),
          action: 'directory_mapping.changed',
          target: { type: 'directory_mapping', id: mapping.kind, name: mapping.name },
          outcome: 'allowed',
          detail: { positionId: mapping.positionId, role: mapping.role },
        });
        const people = await listMappedBy(tx, organizationId, mapping);
        const changed = await applyMappings(tx, organizationId, actorOf(principal), people);
        await provisionAgents(tx, organizationId, actorOf(principal), changed);
        if (changed.length > 0) await tellPeopleChanged(tx, organizationId);
        return { changed: changed.length };
      });
    },

    settings: ({ organizationId }) => findSettings(db, organizationId),

    saveSettings: async (principal, settings) => {
      requirePolicy(principal);
      return transact(db, async (tx) => {
        await saveSettings(tx, principal.organizationId, settings);
        await recordAudit(tx, principal.organizationId, {
          actor: actorOf(principal),
          action: 'directory_settings.changed',
          target: null,
          outcome: 'allowed',
          detail: settings,
        });
        return settings;
      });
    },
  };
}
