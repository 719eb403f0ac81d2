import { type ComponentProps, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { SearchField } from '../design/field.tsx';

/** First parts of the actions that exist today; anything else can be typed. */
const known = [
  ...['session.', 'second_factor.', 'identity_provider.', 'conversation.', 'turn.', 'tool.', 'tool_policy.', 'tenant.'],
  ...['employee.', 'department.', 'position.', 'directory.', 'scim_token.', 'layer.', 'layer_proposal.', 'request.'],
  ...['grant.', 'egress.', 'file.', 'tier.', 'model.', 'password.'],
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
