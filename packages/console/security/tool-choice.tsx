import { type ToolName, toolNames } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { CheckField } from '../design/form-fields.tsx';

/** Which of the tools. */
export function ToolChoice({
  label,
  value,
  onValue,
  locked = [],
  lockedHint,
}: {
  label: string;
  value: readonly ToolName[];
  onValue: (value: ToolName[]) => void;
  /** Those that cannot be chosen, and why. */
  locked?: readonly ToolName[];
  lockedHint?: string;
}) {
  const { t } = useTranslation();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 font-medium text-sm">{label}</legend>
      {toolNames.map((tool) => {
        const isLocked = locked.includes(tool) && !value.includes(tool);
        return (
          <CheckField
            key={tool}
            label={t(`tools.${tool}`)}
            hint={isLocked ? lockedHint : undefined}
            disabled={isLocked}
            checked={value.includes(tool)}
            onChange={(event) =>
              onValue(event.target.checked ? [...value, tool] : value.filter((other) => other !== tool))
            }
          />
        );
      })}
    </fieldset>
  );
}
