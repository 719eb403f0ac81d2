import { groupSchema } from './scim-patch.ts';
import { maxResults } from './scim-query.ts';
import { enterpriseSchema, userSchema } from './scim-user.ts';

const core = 'urn:ietf:params:scim:schemas:core:2.0';

/** What this service can do (RFC 7643, 5). */
export const serviceProviderConfig = (base: string) => ({
  schemas: [`${core}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token that an admin makes in the console, under “Directory sync”.',
      specUri: 'https://www.rfc-editor.org/info/rfc6750',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

/** RFC 7643, 6. */
export const resourceTypes = (base: string) => [
  {
    schemas: [`${core}:ResourceType`],
    id: 'User',
    name: 'User',
    description: 'A person of the organization',
    endpoint: '/Users',
    schema: userSchema,
    schemaExtensions: [{ schema: enterpriseSchema, required: false }],
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/User` },
  },
  {
    schemas: [`${core}:ResourceType`],
    id: 'Group',
    name: 'Group',
    description: 'A group, which an admin may map to a position or a role',
    endpoint: '/Groups',
    schema: groupSchema,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/Group` },
  },
];

/** The attributes that are kept (RFC 7643, 7). */
export const schemas = (base: string) => [
  schema(base, userSchema, 'User', 'A person of the organization', [
    attribute('userName', { required: true, uniqueness: 'server' }),
    attribute('name', { type: 'complex', of: texts('formatted', 'familyName', 'givenName', 'middleName') }),
    ...texts('displayName', 'nickName', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone'),
    attribute('active', { type: 'boolean', description: 'false: suspended; nothing of theirs is lost' }),
    attribute('emails', {
      type: 'complex',
      multiValued: true,
      of: [...texts('value', 'type'), attribute('primary', { type: 'boolean' })],
    }),
    attribute('groups', {
      type: 'complex',
      multiValued: true,
      mutability: 'readOnly',
      of: texts('value', 'display', '$ref'),
    }),
  ]),
  schema(base, groupSchema, 'Group', 'A group', [
    attribute('displayName', { required: true, uniqueness: 'server' }),
    attribute('members', { type: 'complex', multiValued: true, of: texts('value', 'display', 'type', '$ref') }),
  ]),
  schema(base, enterpriseSchema, 'EnterpriseUser', 'What an enterprise knows of a person', [
    attribute('employeeNumber', { description: 'the person’s number' }),
    attribute('department', { description: 'a path of departments; the delimiter is a setting' }),
    ...texts('organization', 'division', 'costCenter'),
    attribute('manager', {
      type: 'complex',
      description: 'kept, and without effect: who decides requests follows from departments',
      of: texts('value', 'displayName'),
    }),
  ]),
];

interface AttributeOptions {
  type?: 'string' | 'boolean' | 'complex';
  multiValued?: boolean;
  required?: boolean;
  mutability?: 'readWrite' | 'readOnly';
  uniqueness?: 'none' | 'server';
  description?: string;
  of?: object[];
}

function attribute(name: string, options: AttributeOptions = {}): object {
  const { type = 'string', multiValued = false, required = false, of, description = name } = options;
  const { mutability = 'readWrite', uniqueness = 'none' } = options;
  return {
    ...{ name, type, multiValued, required, description, mutability, uniqueness },
    returned: 'default',
    caseExact: false,
    ...(of === undefined ? {} : { subAttributes: of }),
  };
}

const texts = (...names: string[]) => names.map((name) => attribute(name));

const schema = (base: string, id: string, name: string, description: string, attributes: object[]) => ({
  schemas: [`${core}:Schema`],
  ...{ id, name, description, attributes },
  meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
});
