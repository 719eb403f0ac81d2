import type { ProviderTest } from '@clawpool/contracts';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';

/** What a look at a provider's description found, line by line. */
export function ProviderTestResult({ result: { ok, findings } }: { result: ProviderTest }) {
  const { t } = useTranslation();
  return (
    <div role="status" data-testid="test-result" data-ok={ok} className="rounded-lg border bg-sunken p-4 text-sm">
      <p className="font-medium">{ok ? t('identity.testGood') : t('identity.testBad')}</p>
      <ul className="mt-2 grid gap-1.5">
        {findings.map((finding) => {
          const Icon = finding.ok ? CircleCheck : CircleAlert;
          return (
            <li key={finding.check} className="flex gap-2">
              <Icon
                aria-hidden="true"
                className={classNames('mt-0.5 size-4 shrink-0', finding.ok ? 'text-good-ink' : 'text-bad-ink')}
              />
              <p className="min-w-0 break-words">
                <span className="font-medium">{t(`identity.check.${finding.check}`)}</span>{' '}
                <span className="sr-only">({finding.ok ? t('identity.checkGood') : t('identity.checkBad')})</span>{' '}
                <span lang="en" className="text-ink-soft">
                  {finding.detail}
                </span>
              </p>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
