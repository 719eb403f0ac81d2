import type { WarmSlotGroup } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { NumberField } from '../design/number-field.tsx';
import { numberOf } from '../design/number-limits.ts';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';

/** Booted gateways that belong to nobody yet, by tier and image. */
export function WarmSlots({ groups, mayChange }: { groups: readonly WarmSlotGroup[]; mayChange: boolean }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<WarmSlotGroup | null>(null);
  return (
    <section aria-labelledby="warm-slots" className="grid gap-3">
      <div>
        <h2 id="warm-slots" className="font-semibold text-lg">
          {t('pool.warmSlots')}
        </h2>
        <p className="max-w-2xl text-ink-soft text-sm">{t('pool.warmSlotsText')}</p>
      </div>
      {groups.length === 0 ? (
        <p className="rounded-lg border bg-surface px-5 py-6 text-ink-soft text-sm">{t('pool.noWarmSlots')}</p>
      ) : (
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {groups.map((group) => (
            <Group
              key={`${group.tier} ${group.image}`}
              group={group}
              onEdit={mayChange ? () => setEdited(group) : undefined}
            />
          ))}
        </ul>
      )}
      {edited && <BoundsDialog group={edited} onClose={() => setEdited(null)} />}
    </section>
  );
}

function Group({ group, onEdit }: { group: WarmSlotGroup; onEdit: (() => void) | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { tier, image, ready, booting, target, demandPerMinute, claims, misses, minimum, maximum } = group;
  const rate = demandPerMinute.toLocaleString(format.locale, { maximumFractionDigits: 1 });
  return (
    <li
      data-testid="warm-slots"
      data-tier={tier}
      className="grid grid-cols-2 items-start gap-x-4 gap-y-3 border-b px-4 py-4 text-sm last:border-0 sm:grid-cols-4 sm:px-5 lg:grid-cols-[minmax(0,1.6fr)_1fr_1fr_1fr_auto]"
    >
      <div className="col-span-2 min-w-0 sm:col-span-4 lg:col-span-1">
        <h3 className="font-medium text-base">{tier}</h3>
        <p className="break-words text-ink-faint text-xs">{image}</p>
      </div>
      <Figure name={t('pool.slots')} detail={booting > 0 ? t('pool.booting', { count: booting }) : undefined}>
        {t('pool.readyOf', { ready, target })}
      </Figure>
      <Figure name={t('pool.demand')}>{t('pool.perMinute', { rate })}</Figure>
      <Figure name={t('pool.served')} detail={t('pool.misses', { count: misses })}>
        {t('pool.claims', { count: claims })}
      </Figure>
      <div className="flex items-center gap-2">
        <Figure name={t('pool.bounds')}>{t('pool.fromTo', { minimum, maximum })}</Figure>
        {onEdit && (
          <Button
            kind="ghost"
            size="icon-sm"
            aria-label={t('pool.editBounds', { tier })}
            title={t('pool.editBounds', { tier })}
            onClick={onEdit}
          >
            <Pencil aria-hidden="true" />
          </Button>
        )}
      </div>
    </li>
  );
}

function Figure({ name, detail, children }: { name: string; detail?: string | undefined; children: ReactNode }) {
  return (
    <div>
      <p className="text-ink-faint text-xs">{name}</p>
      <p className="tabular mt-0.5">{children}</p>
      {detail && <p className="tabular text-ink-faint text-xs">{detail}</p>}
    </div>
  );
}

const limits = { min: 0, max: 1000, whole: true };

function BoundsDialog({ group, onClose }: { group: WarmSlotGroup; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [minimum, setMinimum] = useState(String(group.minimum));
  const [maximum, setMaximum] = useState(String(group.maximum));
  const [insist, setInsist] = useState(false);
  const [least, most] = [numberOf(minimum, limits), numberOf(maximum, limits)];
  const crossed = least !== null && most !== null && least > most;

  const save = useMutation({
    mutationFn: (body: { minimum: number; maximum: number }) =>
      api.call('setWarmSlots', { params: { tier: group.tier }, body }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('pool.boundsSaved', { tier: group.tier }) });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['pool'] }),
  });
  const submit = () => {
    setInsist(true);
    if (least !== null && most !== null && !crossed) save.mutate({ minimum: least, maximum: most });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('pool.editBounds', { tier: group.tier })}
      description={t('pool.boundsText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <NumberField
          label={t('pool.minimum')}
          hint={t('pool.minimumHint')}
          value={minimum}
          onValue={setMinimum}
          limits={limits}
          insist={insist}
        />
        <NumberField
          label={t('pool.maximum')}
          hint={t('pool.maximumHint')}
          value={maximum}
          onValue={setMaximum}
          limits={limits}
          insist={insist}
        />
        {crossed && (
          <p role="alert" className="text-bad-ink text-sm">
            {t('pool.boundsCrossed')}
          </p>
        )}
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
