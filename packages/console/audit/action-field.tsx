import { type ComponentProps, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { SearchField } from '../design/field.tsx';

/** First parts of the actions that exist today; anything else can be typed. */
const known = [
  ...[
    'agent_settings.',
    'api_key.',
    'assignment.',
    'assistant.',
    'backup.',
    'batch.',
    'channel_account.',
    'channel_binding.',
  ],
  ...[
    'conversation.',
    'delivery.',
    'department.',
    'directory.',
    'egress.',
    'employee.',
    'employees.',
    'file.',
    'grant.',
  ],
  ...[
    'identity_provider.',
    'layer.',
    'layer_proposal.',
    'layer_review.',
    'memory.',
    'operation.',
    'organization.',
    'pairing.',
    'password.',
  ],
  ...[
    'pool.',
    'position.',
    'profile.',
    'request.',
    'retention.',
    'routing_rule.',
    'schedule.',
    'scim_token.',
    'second_factor.',
  ],
  ...[
    'session.',
    'sign_in.',
    'skill.',
    'template.',
    'tenant.',
    'tier.',
    'tool.',
    'tool_policy.',
    'turn.',
    'twin.',
    'user.',
  ],
  ...['webhook.'],
];

/** An action, or its first part with a dot, with suggestions. */
export function ActionField(props: Pick<ComponentProps<typeof SearchField>, 'value' | 'onValue' | 'className'>) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <>
      <SearchField {...props} label={t('audit.action')} placeholder={t('audit.actionPlaceholder')} list={id} />
      <datalist id={id}>
        {known.map((action) => (
          <option key={action} value={action} />
        ))}
      </datalist>
    </>
  );
}
