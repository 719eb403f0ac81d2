import type { Tags } from '@clawpool/contracts';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Tag } from '../design/tag.tsx';
import { mostTags, withTag } from './tags.ts';

/** Tags as chips; one is added as `key:value` with Enter, a comma or the button. */
export function TagField({ tags, onTags }: { tags: Tags; onTags: (tags: Tags) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = () => {
    if (text.trim() === '') return;
    const next = withTag(tags, text);
    setWrong(next === null);
    if (next === null) return;
    onTags(next);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter would send the form, and confirms a word while an input method composes.
    if ((event.key !== 'Enter' && event.key !== ',') || event.nativeEvent.isComposing) return;
    event.preventDefault();
    add();
  };
  const entries = Object.entries(tags);
  return (
    <div>
      <div className="flex items-start gap-2">
        <InputField
          className="flex-1"
          label={t('newTenant.tags')}
          hint={t('newTenant.tagsHint')}
          error={wrong ? t('newTenant.tagWrong', { most: mostTags }) : undefined}
          placeholder={t('tenants.tagPlaceholder')}
          maxLength={151}
          autoCapitalize="none"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
          onKeyDown={onKeyDown}
          onBlur={add}
        />
        <Button className="mt-6.5" disabled={text.trim() === ''} onClick={add}>
          {t('newTenant.addTag')}
        </Button>
      </div>
      {entries.length > 0 && (
        <div className="mt-2.5 flex flex-wrap gap-1.5">
          {entries.map(([name, value]) => (
            <Tag
              key={name}
              name={name}
              value={value}
              onRemove={() => onTags(Object.fromEntries(entries.filter(([other]) => other !== name)))}
            />
          ))}
        </div>
      )}
    </div>
  );
}
